/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to gates, and the verdicts on them. */
#include "shm/call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/log.h"
#include "http/uri.h"
#include "shm/board.h"
#include "shm/seats.h"

#define NUMBERS 0xffffffu

static struct slice without_port(struct slice text)
{
	struct slice host;
	uint16_t port;

	if (!uri_parse_host(text, &host, &port))
		return text;
	if (host.n > 2 && host.p[0] == '[')
		return slice_make(host.p + 1, host.n - 2);
	return host;
}

void call_name(struct call *call, const struct conf_pool *pool,
    const struct conf_backend *b, struct slice host)
{
	struct slice name = pool->tls.name;

	if (name.n == 0)
		name = without_port(host.n ? host : b->host);
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n >= sizeof call->server)
		name.n = 0;
	for (size_t i = 0; i < name.n; i++)
		call->server[i] = ascii_lower(name.p[i]);
	call->nserver = (uint32_t)name.n;
}

/* Where all have the pool's name there is nothing to tell apart. The key is
 * secret: nobody shall find a name whose mark is that of another's. */
uint32_t call_mark(const struct conf_backend *b, struct slice host)
{
	const struct conf_pool *pool = &seats.conf->pools[b->pool];
	struct call call;

	if (!b->tls || pool->tls.name.n)
		return b->tls;
	call_name(&call, pool, b, host);
	return (uint32_t)hash_slice(board.head->secret, slice_make(call.server,
	    call.nserver)) | 2;
}

bool call_send(const struct call *call)
{
	size_t n = offsetof(struct call, request) + call->nrequest;

	if (send(lobby.calls[1], call, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
		log_err("no gate can be called: %m");
	return false;
}

uint32_t call_number(struct conn *c)
{
	do
		c->calls = (c->calls + 1) & NUMBERS;
	while (c->calls == 0);
	return c->calls;
}

static uint64_t verdict_make(uint32_t serial, uint32_t number,
    enum conn_verdict verdict)
{
	return (uint64_t)serial << 32 | (uint64_t)(number & NUMBERS) << 8
	    | verdict;
}

enum conn_verdict call_verdict(const struct conn *c, const struct flow *f)
{
	uint64_t said = atomic_load(&c->verdict);
	uint64_t none = verdict_make(conn_serial(c), f->called, VERDICT_NONE);

	if (f->called == 0)
		return VERDICT_NONE;
	if (said >> 8 == none >> 8)
		return (enum conn_verdict)(said & 0xff);
	return atomic_load(&lobby.head->gates_died) != f->gates_died
	    ? VERDICT_LOST : VERDICT_NONE;
}

/* Numbers go round: half of them are later than any. */
static bool is_later(uint32_t number, uint32_t than)
{
	uint32_t ahead = (number - than) & NUMBERS;

	return ahead != 0 && ahead <= NUMBERS / 2;
}

void call_judge(struct conn *c, uint32_t serial, uint32_t number,
    enum conn_verdict verdict)
{
	uint64_t is = verdict_make(serial, number, verdict);
	uint64_t said = atomic_load(&c->verdict);

	do {
		if (conn_serial(c) != serial)
			return;
		if (said >> 32 == serial && !is_later(number,
		    (uint32_t)said >> 8 & NUMBERS))
			return;
	} while (!atomic_compare_exchange_weak(&c->verdict, &said, is));
}

void call_use_peer(struct flow *f, struct conn *peer)
{
	const struct flow *idle = &peer->flow[0];

	peer->number++;
	f->peer = (int32_t)lobby_row(peer);
	f->brx = peer->rx;
	f->btx = peer->tx;
	f->secure &= ~(uint32_t)SECURE_BACKEND;
	if (idle->secure & SECURE_BACKEND) {
		f->side[SIDE_BACKEND] = idle->side[0];
		f->secure |= SECURE_BACKEND;
	}
}

static bool may_be_lost(const struct conn *c)
{
	const struct flow *f = conn_flow(c);

	return conn_has_requests(c)
	    && word_state(conn_word(c)) == CONN_PARKED
	    && f->called && f->wait == WAIT_TURN
	    && f->gates_died != atomic_load(&lobby.head->gates_died);
}

void call_ring_lost(void)
{
	static uint32_t seen;
	uint32_t died = atomic_load(&lobby.head->gates_died);
	unsigned top = died != seen ? lobby_top() : 0;

	seen = died;
	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		uint32_t serial = conn_serial(c);
		if (may_be_lost(c))
			lobby_look_again(c, serial);
	}
}
