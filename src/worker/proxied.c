/* SPDX-License-Identifier: BSD-2-Clause */
/* The PROXY protocol: who a client is, from the one before us, to backends. */
#include "worker/proxied.h"

#include <string.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "base/log.h"
#include "worker/client.h"
#include "worker/worker.h"

static const struct conf_listener *listener_of(const struct stride *s)
{
	return &worker_conf->listeners[s->c->listener];
}

/* Nothing has been read before, so the row has the peer's own address still;
 * once it has not, the flag is published. */
void proxied_expect(struct stride *s)
{
	const struct conf_listener *l = listener_of(s);
	struct addr peer;

	if (l->tls.on || s->c->number || s->f.rx)
		return;
	peer = conn_from(s->c);
	if (conf_owes_proxy(l, &peer))
		s->f.flags |= FLOW_PROXIED;
}

static void refuse(const struct stride *s, const char *why)
{
	struct addr peer = conn_from(s->c);
	char text[ADDR_TEXT];

	addr_format(&peer, text);
	log_info("listener %s: %s: %s: closed", listener_of(s)->name, text,
	    why);
}

void proxied_is_late(const struct stride *s)
{
	refuse(s, "no PROXY header in time");
}

static void take_from(struct conn *c, const struct addr *from)
{
	if (from->len == 0)
		return;
	if (from->sa.sa_family == AF_INET)
		c->from.in = from->in;
	else
		c->from.in6 = from->in6;
}

/* A death between address and flow: the next one reads the header again. */
enum proxyproto_result proxied_read(struct stride *s)
{
	struct proxyproto header;
	enum proxyproto_result result;
	size_t length;

	if (s->f.in_end == s->f.in_start)
		return PROXYPROTO_MORE;
	result = proxyproto_read(page_at(s->f.in) + s->f.in_start,
	    (size_t)(s->f.in_end - s->f.in_start), &header, &length);
	if (result == PROXYPROTO_BAD)
		refuse(s, "what it sends is no PROXY header");
	if (result != PROXYPROTO_FINE)
		return result;
	FAULT(proxied_whole);
	take_from(s->c, &header.from);
	FAULT(proxied_taken);
	s->f.in_start = (uint16_t)(s->f.in_start + length);
	s->f.flags &= ~(uint32_t)(FLOW_PROXIED | FLOW_HEAD_BEGUN);
	stride_publish(s);
	return PROXYPROTO_FINE;
}

/* As the kernel has it; on a unix socket nothing is known, but the client may
 * be: then it is zeros of its family. */
static struct addr came_to(const struct stride *s, const struct addr *from)
{
	struct addr to = {.len = 0};
	socklen_t n = sizeof to.un;

	if (getsockname((int)lobby_row(s->c), &to.sa, &n) == 0 &&
	    (to.sa.sa_family == AF_INET || to.sa.sa_family == AF_INET6)) {
		to.len = n;
		return to;
	}
	memset(&to, 0, sizeof to);
	to.sa.sa_family = from->sa.sa_family;
	to.len = from->len;
	return to;
}

size_t proxied_put(const struct stride *s, char *room)
{
	unsigned version = s->r->pool->proxy_protocol;
	struct addr to;

	if (version == 0)
		return 0;
	to = came_to(s, &s->r->client);
	return proxyproto_put(version, &s->r->client, &to, room);
}
