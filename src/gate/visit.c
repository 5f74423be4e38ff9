/* SPDX-License-Identifier: BSD-2-Clause */
/* Visits: clients whose handshakes are under way. */
#include "gate/visit.h"

#include <errno.h>
#include <openssl/err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/astray.h"
#include "gate/failures.h"
#include "gate/handover.h"
#include "gate/identity.h"
#include "gate/loop.h"
#include "gate/secrets.h"
#include "gate/wire.h"
#include "net/proxyproto.h"

#define GRACE_MS 1000 /* nobody has to make room before */

enum stage { STAGE_PROXY, STAGE_HANDSHAKE, STAGE_LAST_FLIGHT, STAGE_HANDOVER };

struct visit {
	struct loop_entry entry;
	struct handover_wait wait;
	struct visit *next; /* free; or who came after it */
	struct visit *prev; /* who came before */
	bool listed;        /* it may have to make room: its client is slow */
	uint64_t began_at;  /* clock_ms */
	enum stage stage;
	struct context *context;
	SSL *ssl;
	struct wire wire;
	struct secrets secrets;
	struct addr peer, from; /* from: whom PROXY names, else the peer */
	char *header;           /* the beginning of a PROXY header, or NULL */
	size_t nheader;
};

void (*visit_ended)(void);

static struct visit *visits, *free_visits;
static struct visit *oldest, *newest; /* of those that are listed */
static unsigned under_way;

bool visit_init(unsigned room)
{
	visits = calloc(room, sizeof *visits);
	if (visits == NULL)
		return false;
	for (unsigned i = room; i-- > 0;) {
		visits[i].next = free_visits;
		free_visits = &visits[i];
	}
	return true;
}

unsigned visit_count(void)
{
	return under_way;
}

static struct visit *of_entry(struct loop_entry *e)
{
	return (struct visit *)((char *)e - offsetof(struct visit, entry));
}

static struct visit *of_wait(struct handover_wait *w)
{
	return (struct visit *)((char *)w - offsetof(struct visit, wait));
}

static void list(struct visit *v)
{
	v->listed = true;
	v->next = NULL;
	v->prev = newest;
	*(newest ? &newest->next : &oldest) = v;
	newest = v;
}

static void unlist(struct visit *v)
{
	if (!v->listed)
		return;
	*(v->prev ? &v->prev->next : &oldest) = v->next;
	*(v->next ? &v->next->prev : &newest) = v->prev;
	v->listed = false;
}

static void end(struct visit *v)
{
	int fd = v->wire.fd;

	unlist(v);
	loop_leave(&v->entry);
	handover_leave(&v->wait);
	SSL_free(v->ssl);
	v->ssl = NULL;
	secrets_wipe(&v->secrets);
	free(v->header);
	v->header = NULL;
	wire_close(&v->wire);
	close(fd);
	v->next = free_visits;
	free_visits = v;
	under_way--;
	if (visit_ended)
		visit_ended();
}

static void fail(struct visit *v, const char *why)
{
	failures_tell(v->context->listener, &v->from, why);
	end(v);
}

/* ---- The hand-over ---- */

static bool fill(struct visit *v, struct arrival *a)
{
	memset(a, 0, offsetof(struct arrival, facts));
	a->kind = ARRIVAL_CLIENT;
	a->listener = v->context->listener->index;
	a->rx = v->wire.rx;
	a->tx = v->wire.tx;
	a->from = v->from;
	a->peer = v->peer;
	a->session.nserver = (uint16_t)context_server(v->ssl,
	    a->session.server);
	a->session.verified = (uint8_t)identity_verified(v->context,
	    v->ssl);
	a->nfacts = identity_facts(v->context, v->ssl, a->facts,
	    sizeof a->facts);
	return secrets_take(v->ssl, &v->secrets, &a->session, &a->rseq,
	    &a->wseq);
}

static void hand_over(struct visit *v)
{
	static struct arrival a;

	v->stage = STAGE_HANDOVER;
	unlist(v);
	/* out of our set before the family has it in its own */
	loop_arm(&v->entry, 0);
	if (!handover_has_place()) {
		handover_await_place(&v->wait);
		return;
	}
	if (!fill(v, &a)) {
		OPENSSL_cleanse(&a, sizeof a);
		fail(v, "no keys for its records");
		return;
	}
	enum io io = handover_send(&a, v->wire.fd);
	OPENSSL_cleanse(&a, sizeof a);
	if (io == IO_WAIT)
		handover_join(&v->wait);
	else
		end(v);
}

static void hand_over_again(struct handover_wait *w)
{
	hand_over(of_wait(w));
}

/* ---- The handshake ---- */

/* OpenSSL's words, but where ours say more. */
static const char *reason_of(SSL *ssl, unsigned long code)
{
	static char text[160];
	const char *reason = ERR_reason_error_string(code);
	long verdict = SSL_get_verify_result(ssl);

	if (ERR_GET_REASON(code) == SSL_R_CALLBACK_FAILED)
		return "it asks for a name that no certificate has";
	if (ERR_GET_REASON(code) != SSL_R_CERTIFICATE_VERIFY_FAILED
	    || reason == NULL || verdict == X509_V_OK)
		return reason ? reason : "the handshake failed";
	snprintf(text, sizeof text, "%s: %s", reason,
	    X509_verify_cert_error_string(verdict));
	return text;
}

static const char *why_failed(SSL *ssl, int saved, enum io io)
{
	unsigned long code = ERR_peek_last_error();

	if (io == IO_BROKEN)
		return strerror(saved);
	if (io == IO_END)
		return "the client left during the handshake";
	return reason_of(ssl, code);
}

static void await(struct visit *v, uint32_t events)
{
	if (!loop_arm(&v->entry, events))
		end(v);
}

static void be_refused(struct visit *v, const char *why)
{
	if (astray_is(ERR_peek_last_error()))
		astray_answer(v->wire.fd);
	fail(v, why);
}

static void take_step(struct visit *v, enum io came)
{
	int saved = errno;

	ERR_clear_error();
	int done = SSL_accept(v->ssl);
	int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(v->ssl, done);
	enum io sent = wire_end(&v->wire);

	/* who only looks whether there is a listener is not worth a line */
	if (came == IO_END && v->wire.rx == 0)
		end(v);
	else if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ)
		be_refused(v, why_failed(v->ssl, saved, came));
	else if (sent == IO_BROKEN)
		fail(v, strerror(errno));
	else if (error == SSL_ERROR_WANT_READ)
		await(v, sent == IO_WAIT ? EPOLLOUT : EPOLLIN);
	else if (sent == IO_WAIT) {
		v->stage = STAGE_LAST_FLIGHT;
		await(v, EPOLLOUT);
	} else {
		hand_over(v);
	}
}

static void shake_hands(struct visit *v)
{
	enum io came = wire_begin(&v->wire);

	if (came == IO_WAIT)
		await(v, v->wire.nunsent ? EPOLLOUT : EPOLLIN);
	else
		take_step(v, came);
}

static void send_last_flight(struct visit *v)
{
	enum io io = wire_send(&v->wire);

	if (io == IO_OK)
		hand_over(v);
	else if (io != IO_WAIT)
		fail(v, strerror(errno));
}

static bool begin_handshake(struct visit *v)
{
	v->stage = STAGE_HANDSHAKE;
	v->ssl = SSL_new(v->context->ctx);
	if (v->ssl == NULL || !secrets_attach(v->ssl, &v->secrets))
		return false;
	BIO_up_ref(v->wire.bio); /* it goes with the SSL object */
	SSL_set_bio(v->ssl, v->wire.bio, v->wire.bio);
	return true;
}

static void be_received(struct visit *v)
{
	if (begin_handshake(v))
		shake_hands(v);
	else
		fail(v, "no memory for a handshake");
}

/* ---- The PROXY header ---- */

static enum io read_exactly(struct visit *v, size_t n)
{
	size_t moved = 0;
	enum io io = n ? stream_receive(v->wire.fd, v->header + v->nheader, n,
	    &moved) : IO_OK;

	v->nheader += moved;
	v->wire.rx += moved;
	return io;
}

/* Of what lies there no more is taken than the header: all while it is not
 * whole, then the rest of it. */
static enum proxyproto_result read_header(struct visit *v,
    struct proxyproto *header, enum io *io)
{
	size_t length = 0, had = v->nheader;
	ssize_t n = recv(v->wire.fd, v->header + had, PROXYPROTO_MOST - had,
	    MSG_PEEK | MSG_DONTWAIT);

	*io = n > 0 ? IO_OK : n == 0 ? IO_END
	    : errno == EAGAIN || errno == EINTR ? IO_WAIT : IO_BROKEN;
	if (n <= 0)
		return PROXYPROTO_MORE;
	enum proxyproto_result result = proxyproto_read(v->header, had
	    + (size_t)n, header, &length);
	if (result == PROXYPROTO_MORE)
		length = had + (size_t)n;
	if (result == PROXYPROTO_BAD || length < had
	    || (result == PROXYPROTO_MORE && length == PROXYPROTO_MOST))
		return PROXYPROTO_BAD;
	*io = read_exactly(v, length - had);
	return result;
}

static void follow_header(struct visit *v)
{
	struct proxyproto header = {0};
	enum io io;
	enum proxyproto_result result = read_header(v, &header, &io);

	if (result == PROXYPROTO_BAD) {
		fail(v, "a PROXY header is missing, or false");
	} else if (io == IO_END || io == IO_BROKEN) {
		fail(v, "the client left before its PROXY header");
	} else if (result == PROXYPROTO_MORE) {
		await(v, EPOLLIN);
	} else {
		if (!header.local && header.from.len)
			v->from = header.from;
		free(v->header);
		v->header = NULL;
		be_received(v);
	}
}

static void begin_header(struct visit *v)
{
	v->stage = STAGE_PROXY;
	v->header = malloc(PROXYPROTO_MOST);
	v->nheader = 0;
	if (v->header)
		follow_header(v);
	else
		fail(v, "no memory for a PROXY header");
}

/* ---- What the loop calls ---- */

static void go_on(struct loop_entry *e, uint32_t events)
{
	static void (*const stages[])(struct visit *) = {
		[STAGE_PROXY] = follow_header,
		[STAGE_HANDSHAKE] = shake_hands,
		[STAGE_LAST_FLIGHT] = send_last_flight,
		[STAGE_HANDOVER] = hand_over,
	};
	struct visit *v = of_entry(e);

	(void)events;
	stages[v->stage](v);
}

static void be_late(struct loop_entry *e)
{
	fail(of_entry(e), of_entry(e)->stage == STAGE_HANDOVER
	    ? "nobody took its connection in time"
	    : "its handshake took too long");
}

/* Who has had his time, and is not done: a flood of such clients must not keep
 * the others out until their deadlines. */
static bool may_make_room(const struct visit *v)
{
	return v && clock_ms() - v->began_at >= GRACE_MS;
}

bool visit_is_full(void)
{
	return free_visits == NULL && !may_make_room(oldest);
}

void visit_begin(int fd, struct context *c, const struct addr *peer)
{
	if (free_visits == NULL && may_make_room(oldest))
		fail(oldest, "its handshake made room for others: there are "
		    "too many at once");
	struct visit *v = free_visits;
	MUST(v != NULL);
	free_visits = v->next;
	under_way++;
	v->began_at = clock_ms();
	list(v);
	v->context = c;
	v->peer = v->from = *peer;
	v->entry.ready = go_on;
	v->entry.late = be_late;
	v->wait.again = hand_over_again;
	v->wire.fd = fd;
	if (!loop_enter(&v->entry, fd) || !wire_open(&v->wire, fd, 0, 0)) {
		fail(v, "no room for a handshake");
		return;
	}
	loop_late_at(&v->entry, clock_ms() + c->listener->timeouts.header);
	if (conf_owes_proxy(c->listener, &v->peer))
		begin_header(v);
	else
		be_received(v);
}
