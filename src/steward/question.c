/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to DNS servers, by c-ares: asked here, answered some time later. */
#include "steward/question.h"

#define CARES_NO_DEPRECATED /* what we call is in all its versions */
#include <ares.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "steward/known.h"
#include "steward/sleep.h"

#define TIMEOUT_MS 1000 /* of the first try at a server, then twice that */
#define TRIES 2
#define LONGEST_MS 1000
#define SERVER_TEXT (ADDR_TEXT + 1)
#define SERVERS_MOST 16
#define ANY_PORT 9
#define TYPE_SRV 33
#define CLASS_IN 1

struct question {
	bool asked;
	enum question_kind kind;
	struct asker who;
};

static const struct conf *conf;
static void (*tell)(const struct asker *who, const struct reply *reply);
static struct question questions[QUESTIONS_MOST];
static unsigned nasked;
static ares_channel channel; /* NULL: there is no question */
static bool silent;          /* what c-ares calls is to do nothing */

/* ---- Descriptors: each has a row, and a note until then ---- */

/* c-ares opens files of its own as well, so the note stands during each of
 * its calls. */
static void enter(void)
{
	note_take(NOTE_SOCKET, 0, 0);
}

static void leave(void)
{
	note_clear();
}

static ares_socket_t make_socket(int domain, int type, int protocol,
    void *unused)
{
	int one = 1;
	int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	(void)unused;
	FAULT(resolve_socket);
	if (fd < 0)
		return ARES_SOCKET_BAD;
	if (lobby_hang(fd, CONN_RESOLVER) == NULL) {
		errno = EMFILE;
		return ARES_SOCKET_BAD;
	}
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static int close_socket(ares_socket_t fd, void *unused)
{
	(void)unused;
	if (silent)
		return 0;
	lobby_close(lobby_get((unsigned)fd));
	enter(); /* closing has cleared it */
	return 0;
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to,
    ares_socklen_t n, void *unused)
{
	(void)unused;
	return connect(fd, to, n);
}

static ares_ssize_t receive(ares_socket_t fd, void *to, size_t room, int flags,
    struct sockaddr *from, ares_socklen_t *n, void *unused)
{
	(void)unused;
	return recvfrom(fd, to, room, flags, from, n);
}

static ares_ssize_t transmit(ares_socket_t fd, const struct iovec *at, int n,
    void *unused)
{
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)at,
	    .msg_iovlen = (size_t)n};

	(void)unused;
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions functions = {make_socket,
	close_socket, connect_socket, receive, transmit};

static void watch(void *unused, ares_socket_t fd, int in, int out)
{
	(void)unused;
	if (!silent)
		sleep_watch(fd, (in ? (uint32_t)EPOLLIN : 0)
		    | (out ? (uint32_t)EPOLLOUT : 0));
}

/* ---- The channel ---- */

static bool use_resolvers(void)
{
	char list[SERVERS_MOST * SERVER_TEXT];
	size_t used = 0;

	if (conf->nresolvers == 0)
		return true;
	for (unsigned i = 0; i < conf->nresolvers && i < SERVERS_MOST; i++) {
		if (i)
			list[used++] = ',';
		used += addr_format(&conf->resolvers[i], list + used);
	}
	return ares_set_servers_ports_csv(channel, list) == ARES_SUCCESS;
}

/* The hosts file is our own errand. The operator's own servers are asked for
 * names as they stand, without the search list of resolv.conf. */
static bool open_channel(void)
{
	static char lookups[] = "b";
	struct ares_options o = {.timeout = TIMEOUT_MS, .tries = TRIES,
	    .flags = conf->nresolvers ? ARES_FLAG_NOSEARCH : 0,
	    .lookups = lookups, .sock_state_cb = watch};

	if (channel)
		return true;
	int status = ares_init_options(&channel, &o, ARES_OPT_FLAGS
	    | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS
	    | ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		log_err("no name can be looked up: %s", ares_strerror(status));
		channel = NULL;
		return false;
	}
	ares_set_socket_functions(channel, &functions, NULL);
	if (use_resolvers())
		return true;
	ares_destroy(channel);
	channel = NULL;
	return false;
}

void question_init(const struct conf *c,
    void (*told)(const struct asker *who, const struct reply *reply))
{
	conf = c;
	tell = told;
	silent = true; /* the sockets are those of who made us */
	question_close();
	silent = false;
	ares_library_init(ARES_LIB_INIT_ALL);
}

void question_close(void)
{
	if (channel == NULL)
		return;
	enter();
	for (unsigned i = 0; i < QUESTIONS_MOST; i++)
		questions[i].who.serial = 0; /* nobody's */
	ares_destroy(channel);
	channel = NULL;
	leave();
}

/* ---- Answers ---- */

static struct question *find_free(void)
{
	for (unsigned i = 0; i < QUESTIONS_MOST; i++)
		if (!questions[i].asked)
			return &questions[i];
	return NULL;
}

static void end(struct question *q, struct reply *r)
{
	r->kind = q->kind;
	q->asked = false;
	nasked--;
	if (q->who.serial)
		tell(&q->who, r);
}

static void judge(struct reply *r, int status)
{
	r->result = status == ARES_SUCCESS ? REPLY_GOOD
	    : status == ARES_ENODATA || status == ARES_ENOTFOUND ? REPLY_NONE
	    : REPLY_FAILED;
	r->why = ares_strerror(status);
	r->ttl = UINT32_MAX;
}

static void lower(uint32_t *ttl, int seconds)
{
	uint32_t s = seconds < 0 ? 0 : (uint32_t)seconds;

	if (s < *ttl)
		*ttl = s;
}

static bool take_address(struct found *to, const struct sockaddr *from,
    size_t n)
{
	memset(to, 0, sizeof *to);
	if (from == NULL || n > sizeof to->at.un)
		return false;
	memcpy(&to->at.sa, from, n);
	to->at.len = (socklen_t)n;
	return (from->sa_family == AF_INET || from->sa_family == AF_INET6)
	    && member_may_be(&to->at);
}

/* Asks the kernel for a way, and sends nothing: a machine without IPv6 has
 * none to half of what names have. The note stands. */
static bool is_within_reach(const struct addr *to)
{
	struct addr a = *to;
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	if (a.sa.sa_family == AF_INET)
		a.in.sin_port = htons(ANY_PORT);
	else
		a.in6.sin6_port = htons(ANY_PORT);
	bool reached = connect(fd, &a.sa, a.len) == 0
	    || (errno != ENETUNREACH && errno != EADDRNOTAVAIL);
	close(fd);
	return reached;
}

static void addresses_came(void *arg, int status, int timeouts,
    struct ares_addrinfo *all)
{
	static struct found found[FOUND_MOST];
	struct reply r = {.at = found};
	bool far = false;

	(void)timeouts;
	judge(&r, status);
	for (struct ares_addrinfo_cname *c = all ? all->cnames : NULL; c;
	    c = c->next)
		lower(&r.ttl, c->ttl);
	for (struct ares_addrinfo_node *a = all ? all->nodes : NULL; a;
	    a = a->ai_next) {
		lower(&r.ttl, a->ai_ttl);
		if (r.n == FOUND_MOST || !take_address(&found[r.n], a->ai_addr,
		    a->ai_addrlen))
			continue;
		if (is_within_reach(&found[r.n].at))
			r.n++;
		else
			far = true;
	}
	if (all)
		ares_freeaddrinfo(all);
	if (r.result == REPLY_GOOD && r.n == 0) {
		r.result = far ? REPLY_FAILED : REPLY_NONE;
		r.why = far ? "there is no way to its addresses from here"
		    : "it has only addresses that no server can have";
	}
	end(arg, &r);
}

static void records_came(void *arg, int status, int timeouts,
    unsigned char *message, int length)
{
	static struct srv records[SRV_MOST];
	struct reply r = {.srv = records};

	(void)timeouts;
	judge(&r, status);
	if (r.result == REPLY_GOOD && !srv_parse(message, length < 0 ? 0
	    : (size_t)length, records, &r.n, &r.ttl)) {
		r.result = REPLY_FAILED;
		r.why = "the answer is not lawful";
	} else if (r.result == REPLY_GOOD && r.n == 0) {
		r.result = REPLY_NONE;
		r.why = "it has no records that name a host and a port";
	}
	end(arg, &r);
}

/* ---- Asking ---- */

static bool answer_unasked(struct question *q, const char *host,
    struct reply *r)
{
	static struct found found[FOUND_MOST];

	if (q->kind == QUESTION_SRV || !known_find(conf->nresolvers == 0
	    ? channel : NULL, host, q->kind == QUESTION_AAAA, found, &r->n))
		return false;
	r->at = found;
	r->result = r->n ? REPLY_GOOD : REPLY_NONE;
	r->why = "the hosts file has no such address of it";
	return true;
}


static void send_question(struct question *q, const char *host)
{
	struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT,
	    .ai_family = q->kind == QUESTION_A ? AF_INET : AF_INET6};

	if (q->kind == QUESTION_SRV)
		ares_query(channel, host, CLASS_IN, TYPE_SRV, records_came, q);
	else
		ares_getaddrinfo(channel, host, NULL, &hints, addresses_came,
		    q);
}

static void ask(struct question *q, const char *host)
{
	struct reply r = {.kind = q->kind, .result = REPLY_FAILED,
	    .why = "c-ares does not start", .ttl = UINT32_MAX};

	q->asked = true;
	nasked++;
	if (!open_channel())
		end(q, &r);
	else if (answer_unasked(q, host, &r))
		end(q, &r);
	else
		send_question(q, host);
}

bool question_ask(enum question_kind kind, const char *host,
    const struct asker *who)
{
	struct question *q = find_free();

	if (q == NULL)
		return false;
	q->kind = kind;
	q->who = *who;
	enter();
	ask(q, host);
	leave();
	return true;
}

void question_event(int fd, uint32_t events)
{
	bool in = events & (EPOLLIN | EPOLLERR | EPOLLHUP);
	bool out = events & (EPOLLOUT | EPOLLERR | EPOLLHUP);

	if (channel == NULL)
		return;
	enter();
	ares_process_fd(channel, in ? fd : ARES_SOCKET_BAD,
	    out ? fd : ARES_SOCKET_BAD);
	leave();
}

uint64_t question_look(uint64_t now)
{
	struct timeval longest = {LONGEST_MS / 1000, 0}, t;

	if (channel == NULL)
		return UINT64_MAX;
	enter();
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	const struct timeval *left = ares_timeout(channel, &longest, &t);
	leave();
	if (nasked == 0) {
		question_close();
		return UINT64_MAX;
	}
	return now + (uint64_t)left->tv_sec * 1000
	    + (uint64_t)left->tv_usec / 1000 + 1;
}
