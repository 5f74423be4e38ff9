/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks over TLS: what gates are asked, and what they say. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/proxyproto.h"
#include "shm/board.h"
#include "shm/call.h"
#include "steward/probe_state.h"

_Static_assert(CALL_FIRST >= PROXYPROTO_ROOM, "a PROXY header has room");

/* Who checks is no client of anybody's. */
static size_t first(const struct conf_pool *pool, char *room)
{
	return pool->proxy_protocol ? proxyproto_put(pool->proxy_protocol,
	    NULL, NULL, room) : 0;
}

bool probe_call(struct probe *p, const struct addr *to, uint64_t ms)
{
	static struct call call;

	call.kind = CALL_CHECK;
	call.row = call.backend = p->b->index;
	call.serial = ++p->serial;
	call.number = 0;
	call.nfirst = (uint32_t)first(p->pool, call.first);
	call.version = board_address_version(p->b);
	call.timeout = (uint32_t)ms;
	call.to = *to;
	call.nrequest = (uint32_t)p->length;
	if (p->length)
		memcpy(call.request, p->request, p->length);
	call_name(&call, p->pool, p->b, p->pool->health.host);
	check_free(&p->check);
	check_begin(&p->check, p->pool);
	p->called = call_send(&call);
	return p->called;
}

struct checked *probe_call_hear(void)
{
	static struct checked c;
	ssize_t n;

	while ((n = recv(lobby.checked[0], &c, sizeof c, MSG_DONTWAIT)) > 0) {
		size_t head = offsetof(struct checked, bytes);
		c.why[sizeof c.why - 1] = '\0';
		if ((size_t)n >= head && c.n == (size_t)n - head)
			return &c;
		log_err("a gate speaks nonsense: %zd bytes", n);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		log_err("gates cannot be heard: %m");
	return NULL;
}

enum check_result probe_call_read(struct probe *p, struct checked *c,
    const char **why)
{
	enum check_result result = CHECK_MORE;

	*why = p->check.why;
	if (c->failed) {
		*why = c->why;
		return CHECK_BAD;
	}
	if (p->length == 0) {
		*why = "";
		return CHECK_GOOD;
	}
	if (c->n)
		result = check_read(&p->check, c->bytes, c->n);
	if (result == CHECK_MORE && c->ended)
		result = check_end(&p->check);
	return result;
}
