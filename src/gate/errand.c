/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: what gates are called for: connections to backends, and checks. */
#include "gate/errand.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/errand_state.h"
#include "gate/peers.h"
#include "net/connect.h"
#include "shm/call.h"

#define BATCH 16       /* calls heard at one wake-up */
#define SLACK_MS 250   /* a worker's own deadline is the one that counts */

static const struct conf *conf;
static const struct conf_backend **backends; /* by index */
static struct loop_entry calls;
static unsigned under_way, most;
static bool retired;

unsigned errand_count(void)
{
	return under_way;
}

static struct errand *of_entry(struct loop_entry *e)
{
	return (struct errand *)((char *)e - offsetof(struct errand, entry));
}

static struct errand *of_wait(struct handover_wait *w)
{
	return (struct errand *)((char *)w - offsetof(struct errand, wait));
}

static bool is_check(const struct errand *e)
{
	return e->call.kind == CALL_CHECK;
}

static void listen_on(void)
{
	if (!retired && under_way < most)
		loop_arm(&calls, EPOLLIN | EPOLLEXCLUSIVE);
	else if (!retired)
		loop_arm(&calls, 0);
}

void errand_end(struct errand *e)
{
	loop_leave(&e->entry);
	handover_leave(&e->wait);
	peers_leave(e->ssl);
	if (e->wire.bio) {
		wire_close(&e->wire);
		BIO_free(e->wire.bio);
	}
	if (e->entry.fd >= 0)
		close(e->entry.fd);
	free(e->report);
	OPENSSL_cleanse(e, sizeof *e);
	free(e);
	under_way--;
	listen_on();
}

/* ---- What is said to who has called ---- */

static bool fill(struct errand *e, struct arrival *a)
{
	memset(a, 0, offsetof(struct arrival, facts));
	a->kind = e->outcome;
	a->row = e->call.row;
	a->serial = e->call.serial;
	a->number = e->call.number;
	a->backend = e->call.backend;
	a->version = e->call.version;
	if (e->outcome != ARRIVAL_BACKEND) {
		memcpy(a->why, e->why, sizeof a->why);
		return true;
	}
	a->rx = e->wire.rx;
	a->tx = e->wire.tx;
	a->session.nserver = (uint16_t)e->call.nserver;
	memcpy(a->session.server, e->call.server, e->call.nserver);
	a->session.verified = SSL_get_verify_mode(e->ssl) != SSL_VERIFY_NONE
	    ? SESSION_VERIFIED : SESSION_NOT_VERIFIED;
	return secrets_take(e->ssl, &e->secrets, &a->session, &a->rseq,
	    &a->wseq);
}

/* Who is not told by this has a deadline of its own. */
void errand_hand_over(struct errand *e)
{
	static struct arrival a;

	e->stage = STAGE_HANDOVER;
	/* out of our set before the family has it in its own */
	loop_arm(&e->entry, 0);
	if (!fill(e, &a)) {
		e->outcome = ARRIVAL_FAILED;
		snprintf(e->why, sizeof e->why, "no keys for its records");
		fill(e, &a);
	}
	enum io io = handover_send(&a, e->outcome == ARRIVAL_BACKEND
	    ? e->wire.fd : -1);
	OPENSSL_cleanse(&a, sizeof a);
	if (io == IO_WAIT)
		handover_join(&e->wait);
	else
		errand_end(e);
}

static void hand_over_again(struct handover_wait *w)
{
	errand_hand_over(of_wait(w));
}

void errand_fail(struct errand *e, enum arrival_kind outcome,
    const char *why)
{
	if (why != e->why)
		snprintf(e->why, sizeof e->why, "%s", why);
	e->outcome = outcome;
	if (is_check(e))
		errand_report_end(e, e->why);
	else
		errand_hand_over(e);
}

static void fail_unreached(struct errand *e, int error)
{
	char why[ARRIVAL_WHY];

	snprintf(why, sizeof why, "%s%s", is_check(e) ? "connect: " : "",
	    strerror(error));
	errand_fail(e, ARRIVAL_UNREACHED, why);
}

void errand_await(struct errand *e, uint32_t events)
{
	if (!loop_arm(&e->entry, events))
		errand_fail(e, ARRIVAL_FAILED, "no memory to wait for it");
}

/* ---- The connection ---- */

static void send_first(struct errand *e)
{
	const struct iovec v = {e->call.first + e->sent,
	    e->call.nfirst - e->sent};
	size_t moved = 0;
	enum io io = v.iov_len ? stream_send(e->entry.fd, &v, 1, &moved)
	    : IO_OK;

	e->sent += moved;
	if (e->sent == e->call.nfirst)
		errand_begin_handshake(e);
	else if (io == IO_BROKEN)
		fail_unreached(e, errno);
}

static void be_reached(struct errand *e)
{
	int error = 0;
	socklen_t n = sizeof error;

	if (getsockopt(e->entry.fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	if (error) {
		fail_unreached(e, error);
		return;
	}
	e->stage = STAGE_FIRST;
	send_first(e);
}

static void go_on(struct loop_entry *entry, uint32_t events)
{
	static void (*const stages[])(struct errand *) = {
		[STAGE_CONNECT] = be_reached,
		[STAGE_FIRST] = send_first,
		[STAGE_HANDSHAKE] = errand_shake_hands,
		[STAGE_LAST_FLIGHT] = errand_send_last_flight,
		[STAGE_TICKETS] = errand_take_tickets,
		[STAGE_ANSWER] = errand_read_answer,
		[STAGE_HANDOVER] = errand_hand_over,
	};
	struct errand *e = of_entry(entry);

	(void)events;
	stages[e->stage](e);
}

/* The steward believes no other clock that a backend is late: who is dead or
 * stopped here would be taken for it. */
static void report_late(struct errand *e)
{
	e->ends_at += SLACK_MS; /* should there be no room for it */
	errand_report_end(e, "");
}

static void be_late(struct loop_entry *entry)
{
	struct errand *e = of_entry(entry);

	if (e->report && clock_ms() < e->ends_at)
		errand_report_again(e);
	else if (e->stage == STAGE_TICKETS)
		errand_be_done(e);
	else if (is_check(e) && e->stage != STAGE_REPORT)
		report_late(e);
	else
		errand_end(e);
}

static void begin(struct errand *e)
{
	int fd = connect_socket(&e->call.to);
	int error = errno;

	e->entry.ready = go_on;
	e->entry.late = be_late;
	e->wait.again = hand_over_again;
	e->ends_at = clock_ms() + e->call.timeout
	    + (is_check(e) ? 0 : SLACK_MS);
	if (!loop_enter(&e->entry, fd)) {
		e->entry.fd = fd;
		errand_end(e);
		return;
	}
	loop_late_at(&e->entry, e->ends_at);
	if (fd >= 0)
		error = connect_begin(fd, &e->call.to);
	if (error)
		fail_unreached(e, error);
	else
		errand_await(e, EPOLLOUT);
}

/* ---- Calls ---- */

static bool is_named_by_pool(const struct call *c,
    const struct conf_backend *b)
{
	const struct conf_pool *pool = &conf->pools[b->pool];
	static struct call due;

	if (pool->tls.name.n == 0)
		return true;
	call_name(&due, pool, b, pool->tls.name);
	return c->nserver == due.nserver
	    && memcmp(c->server, due.server, due.nserver) == 0;
}

/* In the place of whom the configuration names by address, or by the pool's
 * name, nobody else is shown our certificate. */
static bool is_for_backend(const struct call *c)
{
	const struct conf_backend *b = backends[c->backend];
	struct addr at = b->address;

	if (c->kind == CALL_CHECK)
		conf_turn_to_check(&conf->pools[b->pool], &at);
	return (at.len == 0 || addr_eq(&at, &c->to))
	    && is_named_by_pool(c, b);
}

/* The family speaks with the whole world: nothing of it is believed. */
static bool is_sane(const struct call *c, size_t n)
{
	return n >= offsetof(struct call, request)
	    && c->nrequest <= CALL_REQUEST
	    && n == offsetof(struct call, request) + c->nrequest
	    && (c->kind == CALL_CONNECT || c->kind == CALL_CHECK)
	    && c->backend < conf->nbackends && backends[c->backend]->tls
	    && c->nserver < sizeof c->server && c->nfirst <= CALL_FIRST
	    && memchr(c->server, '\0', c->nserver) == NULL
	    && c->timeout > 0 && c->timeout <= 86400000
	    && c->to.len >= sizeof(sa_family_t)
	    && c->to.len <= sizeof c->to.un && is_for_backend(c);
}

static bool hear_one(void)
{
	static struct call c;
	ssize_t n = recv(calls.fd, &c, sizeof c, MSG_DONTWAIT | MSG_TRUNC);

	if (n <= 0)
		return false;
	if (!is_sane(&c, (size_t)n)) {
		log_err("a call that makes no sense: %zd bytes", n);
		return true;
	}
	struct errand *e = calloc(1, sizeof *e);
	if (e == NULL)
		return true;
	memcpy(&e->call, &c, (size_t)n);
	e->backend = backends[c.backend];
	e->outcome = ARRIVAL_BACKEND;
	under_way++;
	begin(e);
	return true;
}

static void hear(struct loop_entry *entry, uint32_t events)
{
	(void)entry;
	(void)events;
	for (unsigned n = 0; n < BATCH && under_way < most; n++)
		if (!hear_one())
			break;
	listen_on();
}

static bool list_backends(void)
{
	backends = calloc(conf->nbackends + 1, sizeof(void *));
	if (backends == NULL)
		return false;
	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++) {
			const struct conf_backend *b =
			    &conf->pools[i].backends[k];
			backends[b->index] = b;
		}
	return true;
}

bool errand_open(const struct conf *c, const struct lobby *family,
    unsigned room)
{
	conf = c;
	most = room < ERRANDS ? room : ERRANDS;
	errand_report_to(family->checked[1]);
	calls.ready = hear;
	if (!list_backends() || !loop_enter(&calls, family->calls[0]))
		return false;
	listen_on();
	return true;
}

void errand_retire(void)
{
	retired = true;
	loop_leave(&calls);
}
