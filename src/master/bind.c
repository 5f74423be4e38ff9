/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's listening sockets: kept over reloads by address. */
#include "master/bind.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/listen.h"

struct bound {
	struct addr at;
	int fd;
	bool fresh; /* made by the bind_all under way */
};

static struct bound bound[LOBBY_LISTENERS];
static unsigned nbound;

static struct bound *find(const struct addr *at)
{
	for (unsigned i = 0; i < nbound; i++)
		if (addr_eq(&bound[i].at, at))
			return &bound[i];
	return NULL;
}

static void close_bound(struct bound *b)
{
	if (b->at.sa.sa_family == AF_UNIX)
		unlink(b->at.un.sun_path);
	close(b->fd);
	*b = bound[--nbound];
}

/* A machine without IPv6 still has "*". */
static int open_any(const struct addr *at, unsigned backlog)
{
	int fd = listen_open(at, backlog);

	if (fd >= 0 || errno != EAFNOSUPPORT
	    || !IN6_IS_ADDR_UNSPECIFIED(&at->in6.sin6_addr))
		return fd;
	struct addr v4 = {.len = sizeof v4.in};
	v4.in.sin_family = AF_INET;
	v4.in.sin_port = at->in6.sin6_port;
	return listen_open(&v4, backlog);
}

static struct bound *bind_one(const struct conf_listener *l,
    const struct addr *at)
{
	char text[ADDR_TEXT];
	struct bound *b = find(at);

	if (b != NULL) {
		listen_resize(b->fd, l->backlog);
		return b;
	}
	addr_format(at, text);
	if (nbound == LOBBY_LISTENERS) {
		log_err("listener \"%s\": more than %d addresses", l->name,
		    LOBBY_LISTENERS);
		return NULL;
	}
	int fd = open_any(at, l->backlog);
	if (fd < 0) {
		log_err("listener \"%s\": cannot listen on %s: %s", l->name,
		    text, strerror(errno));
		return NULL;
	}
	b = &bound[nbound++];
	*b = (struct bound){*at, fd, true};
	return b;
}

static bool add(struct lobby *l, const struct conf_listener *listener,
    const struct addr *at)
{
	struct bound *b = bind_one(listener, at);

	struct lobby_listener *to = listener->tls.on ? l->gated : l->listeners;
	unsigned *n = listener->tls.on ? &l->ngated : &l->nlisteners;

	if (b == NULL || *n == LOBBY_LISTENERS)
		return false;
	to[(*n)++] = (struct lobby_listener){b->fd, listener->index,
	    at->sa.sa_family == AF_UNIX, *at};
	return true;
}

static void settle_fresh(bool keep)
{
	for (unsigned i = nbound; i-- > 0;) {
		if (bound[i].fresh && !keep)
			close_bound(&bound[i]);
		else
			bound[i].fresh = false;
	}
}

bool bind_all(const struct conf *conf, struct lobby *l)
{
	bool all = true;

	l->nlisteners = l->ngated = 0;
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *listener = &conf->listeners[i];
		for (unsigned k = 0; k < listener->naddresses; k++)
			all &= add(l, listener, &listener->addresses[k]);
	}
	settle_fresh(all);
	return all;
}

void bind_find(const struct conf *conf, struct lobby *l)
{
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *listener = &conf->listeners[i];
		for (unsigned k = 0; k < listener->naddresses; k++)
			if (find(&listener->addresses[k]))
				add(l, listener, &listener->addresses[k]);
	}
}

void bind_leave(struct will *w)
{
	for (unsigned i = 0; i < nbound; i++) {
		will_item(w, "listener");
		will_fd(w, "fd", bound[i].fd);
		will_bytes(w, "address", (const char *)&bound[i].at.sa,
		    bound[i].at.len);
		will_end(w);
	}
}

static bool listens(int fd)
{
	int yes = 0;
	socklen_t n = sizeof yes;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

static void inherit(struct legacy *l, const struct legacy_item *i,
    struct bound *b)
{
	size_t n;
	const char *at = legacy_bytes(l, i, "address", sizeof b->at.un, &n);

	*b = (struct bound){.fd = legacy_fd(l, i, "fd")};
	if (n <= offsetof(struct sockaddr_un, sun_path) || !listens(b->fd))
		legacy_blame(l, "a listener is none");
	memcpy(&b->at.sa, at, n);
	b->at.len = (socklen_t)n;
}

void bind_inherit(struct legacy *l)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, "listener")) != NULL
	    && nbound < LOBBY_LISTENERS)
		inherit(l, i, &bound[nbound++]);
	if (i)
		legacy_blame(l, "it has too many listeners");
}

static bool names(const struct conf *conf, const struct addr *at)
{
	for (unsigned i = 0; conf && i < conf->nlisteners; i++)
		for (unsigned k = 0; k < conf->listeners[i].naddresses; k++)
			if (addr_eq(&conf->listeners[i].addresses[k], at))
				return true;
	return false;
}

void bind_close_others(const struct conf *conf)
{
	for (unsigned i = nbound; i-- > 0;)
		if (!names(conf, &bound[i].at))
			close_bound(&bound[i]);
}
