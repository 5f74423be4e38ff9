/* SPDX-License-Identifier: BSD-2-Clause */
/* A gate for the unit tests: its lobby made by hand, a client of the test's. */
#ifndef UNIT_GATEHOUSE_H
#define UNIT_GATEHOUSE_H

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/title.h"
#include "conf/conf.h"
#include "gate/gate.h"
#include "roles.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define HOUSE_LISTENERS 2
#define HOUSE_GATES 2

static struct conf house_conf;
static struct conf_listener house_listener[HOUSE_LISTENERS];
static struct conf_certificate house_certificate[HOUSE_LISTENERS][2];
static struct lobby house_lobby;
static struct gate_task house_task;
static pid_t house_gate[HOUSE_GATES];
static char house_dir[] = "/tmp/gatehouse.XXXXXX";
static struct sockaddr_in house_at[HOUSE_LISTENERS];
static unsigned house_drops;

/* Keys have been read by now: so the memory is shut; and that may have taken
 * long, so nothing of it outlives the master. */
static void house_drop(void)
{
	struct rlimit core;
	int at_end = 0;

	getrlimit(RLIMIT_CORE, &core);
	prctl(PR_GET_PDEATHSIG, &at_end);
	if (core.rlim_max != 0 || prctl(PR_GET_DUMPABLE) != 0
	    || at_end != SIGKILL)
		_exit(99);
	house_drops++;
}

/* What is made for a test and freed behind it, all of it at once. */
static struct house_made {
	X509 *cert;
	EVP_PKEY *key;
	SSL_CTX *ctx;
	SSL *ssl;
	char *text;
} house_made[1000];
static unsigned house_nmade;

static void house_keep(struct house_made made)
{
	ck_assert_uint_lt(house_nmade, sizeof house_made
	    / sizeof house_made[0]);
	house_made[house_nmade++] = made;
}

static void house_free_made(void)
{
	while (house_nmade > 0) {
		struct house_made *made = &house_made[--house_nmade];
		X509_free(made->cert);
		EVP_PKEY_free(made->key);
		SSL_free(made->ssl);
		SSL_CTX_free(made->ctx);
		free(made->text);
	}
}

/* ---- Certificates ---- */

static void house_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

static EVP_PKEY *house_key(bool rsa)
{
	EVP_PKEY *key = rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
	    (size_t)2048) : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	ck_assert_ptr_nonnull(key);
	return key;
}

struct house_cert {
	X509 *cert;
	EVP_PKEY *key;
};

/* by NULL: it signs itself, and is an authority. */
static struct house_cert house_make(const char *name, bool rsa, long days,
    const struct house_cert *by)
{
	struct house_cert made = {X509_new(), house_key(rsa)};
	X509_NAME *subject = X509_get_subject_name(made.cert);
	char names[300];

	house_keep((struct house_made){.cert = made.cert, .key = made.key});
	X509_set_version(made.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(made.cert), 0x1234);
	X509_gmtime_adj(X509_getm_notBefore(made.cert), -86400 * 30);
	X509_gmtime_adj(X509_getm_notAfter(made.cert), 86400 * days);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made.cert, X509_get_subject_name(by ? by->cert
	    : made.cert));
	X509_set_pubkey(made.cert, made.key);
	house_extend(made.cert, by ? by->cert : made.cert,
	    NID_basic_constraints, by ? "CA:FALSE" : "CA:TRUE");
	snprintf(names, sizeof names, "DNS:%s", name);
	if (strchr(name, '.'))
		house_extend(made.cert, made.cert, NID_subject_alt_name,
		    names);
	ck_assert_int_gt(X509_sign(made.cert, by ? by->key : made.key,
	    EVP_sha256()), 0);
	return made;
}

static char *house_path(const char *name)
{
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s/%s", house_dir, name), 0);
	house_keep((struct house_made){.text = path});
	return path;
}

static char *house_write(const char *name, const struct house_cert *c,
    bool with_key)
{
	char *path = house_path(name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	chmod(path, 0600);
	if (with_key)
		PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
	PEM_write_X509(f, c->cert);
	fclose(f);
	return path;
}

static void house_certify(unsigned listener, unsigned n, const char *name,
    bool rsa)
{
	struct house_cert c = house_make(name, rsa, 90, NULL);
	char file[300];

	snprintf(file, sizeof file, "%u-%u.pem", listener, n);
	house_certificate[listener][n].cert = house_write(file, &c, true);
	house_listener[listener].tls.ncertificates = n + 1;
}

/* ---- The gate ---- */

static void house_pair(int pair[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK
	    | SOCK_CLOEXEC, 0, pair), 0);
}

static void house_listen(unsigned i)
{
	socklen_t n = sizeof house_at[i];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	house_at[i] = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(bind(fd, (void *)&house_at[i], n), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	getsockname(fd, (void *)&house_at[i], &n);
	house_lobby.gated[i].fd = fd;
	house_lobby.gated[i].index = i;
	house_lobby.ngated = i + 1;
}

/* Before the gate is begun: both listeners, each with a certificate to come. */
static void house_setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_ptr_nonnull(mkdtemp(house_dir));
	ck_assert(slots_create());
	slot_self = &slots.at[0];
	ck_assert(lobby_create(&house_lobby, 64));
	atomic_store(&house_lobby.head->ready, 1);
	house_lobby.connections = 1000;
	house_pair(house_lobby.arrivals);
	house_pair(house_lobby.calls);
	house_pair(house_lobby.checked);
	house_conf.listeners = house_listener;
	house_conf.nlisteners = HOUSE_LISTENERS;
	for (unsigned i = 0; i < HOUSE_LISTENERS; i++) {
		struct conf_listener *l = &house_listener[i];
		l->name = i ? "second" : "first";
		l->index = i;
		l->timeouts.header = 10000;
		l->tls = (struct conf_tls){.on = true, .where = "test:1",
			.certificates = house_certificate[i],
			.min_version = TLS1_2_VERSION, .tickets = true};
		house_listen(i);
	}
	house_task = (struct gate_task){.conf = &house_conf,
		.lobby = &house_lobby, .generation = 1, .master = getpid(),
		.tickets = memfd_create("tickets", MFD_CLOEXEC),
		.retire = eventfd(0, EFD_NONBLOCK), .drop = house_drop};
}

static void house_begin(unsigned gate)
{
	unsigned slot = gate + 1;

	atomic_store(&slots.at[slot].role, SLOT_GATE);
	atomic_store(&slots.at[slot].state, SLOT_MADE);
	house_gate[gate] = fork();
	if (house_gate[gate] == 0)
		gate_main(slot, &house_task);
	for (unsigned i = 0; i < 500; i++) {
		if (atomic_load(&slots.at[slot].state) == SLOT_LIVE)
			return;
		usleep(10000);
	}
	ck_abort_msg("no gate");
}

static void house_teardown(void)
{
	char command[80];

	for (unsigned i = 0; i < HOUSE_GATES; i++)
		if (house_gate[i] > 0) {
			kill(house_gate[i], SIGKILL);
			waitpid(house_gate[i], NULL, 0);
		}
	snprintf(command, sizeof command, "rm -rf %s", house_dir);
	ck_assert_int_eq(system(command), 0);
	house_free_made();
}

/* How it ended, when it ends within so many ms; -1 if it does not. */
__attribute__((unused)) static int house_ended(unsigned gate, unsigned ms)
{
	int status;

	for (unsigned i = 0; i < ms / 10; i++) {
		if (waitpid(house_gate[gate], &status, WNOHANG) > 0) {
			house_gate[gate] = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
		}
		usleep(10000);
	}
	return -1;
}

/* What the gate has handed over; -1 if nothing comes. */
static int house_receive(struct arrival *a, int ms)
{
	struct pollfd p = {house_lobby.arrivals[0], POLLIN, 0};
	struct iovec v = {a, sizeof *a};
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
		.msg_control = u.room, .msg_controllen = sizeof u.room};
	int fd = -1;

	if (poll(&p, 1, ms) != 1)
		return -1;
	ssize_t n = recvmsg(p.fd, &m, 0);
	ck_assert_int_ge(n, (ssize_t)offsetof(struct arrival, facts));
	ck_assert_uint_eq((size_t)n, offsetof(struct arrival, facts)
	    + a->nfacts);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ck_assert_ptr_nonnull(c);
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/* ---- The client ---- */

static int house_connect(unsigned listener)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct timeval t = {5, 0};

	ck_assert_int_eq(connect(fd, (void *)&house_at[listener],
	    sizeof house_at[listener]), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static SSL_CTX *house_client(int version, const char *suite)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	house_keep((struct house_made){.ctx = ctx});
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	if (suite && version == TLS1_3_VERSION)
		ck_assert(SSL_CTX_set_ciphersuites(ctx, suite));
	else if (suite)
		ck_assert(SSL_CTX_set_cipher_list(ctx, suite));
	return ctx;
}

static SSL *house_ssl(SSL_CTX *ctx, int fd, const char *server)
{
	SSL *ssl = SSL_new(ctx);

	house_keep((struct house_made){.ssl = ssl});
	SSL_set_fd(ssl, fd);
	if (server)
		SSL_set_tlsext_host_name(ssl, server);
	return ssl;
}

/* Connects with what it has to say cut into pieces; then `last` goes out with
 * the last flight. What SSL_connect would return. */
__attribute__((unused)) static int house_shake(SSL *ssl, int fd, size_t piece,
    const char *last)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	char bytes[17000];
	int done;

	SSL_set_bio(ssl, in, out);
	while ((done = SSL_connect(ssl)) != 1
	    && SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ) {
		int n;
		while ((n = BIO_read(out, bytes, (int)piece)) > 0)
			if (send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
				return -1;
		ssize_t came = recv(fd, bytes, sizeof bytes, 0);
		if (came <= 0)
			return -1;
		BIO_write(in, bytes, (int)came);
	}
	if (done == 1 && last)
		ck_assert_int_gt(SSL_write(ssl, last, (int)strlen(last)), 0);
	int n = BIO_read(out, bytes, sizeof bytes);
	for (int at = 0, m; at < n; at += m) {
		m = last || n - at < (int)piece ? n - at : (int)piece;
		ck_assert_int_eq(send(fd, bytes + at, (size_t)m, MSG_NOSIGNAL),
		    m);
	}
	SSL_set_fd(ssl, fd);
	return done;
}

#endif
