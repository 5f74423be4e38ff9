/* SPDX-License-Identifier: BSD-2-Clause */
/* Admission: the gate's listeners, and when it accepts on them. */
#include "gate/admit.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/context.h"
#include "gate/loop.h"
#include "gate/visit.h"

#define LOOK_MS 50  /* while it does not accept */
#define TELL_MS 10000 /* between two lines that it cannot */
#define READY_MS 10 /* while its family takes no requests yet */

struct door {
	struct loop_entry entry;
	int fd;
	struct context *context;
};

static const struct lobby *family;
static struct context *contexts; /* by index of the listener */
static struct door doors[LOBBY_LISTENERS];
static unsigned ndoors;
static struct loop_entry interval; /* while they are not in the set */
static bool paused, closed;

/* ---- Certificates ---- */

static bool read_context(const struct conf_listener *l, FILE *to)
{
	struct context *c = &contexts[l->index];

	return c->ctx != NULL || context_open(c, l, to);
}

bool admit_read(const struct conf *conf, const struct lobby *l, FILE *to)
{
	bool fine = true;

	family = l;
	contexts = calloc(conf->nlisteners + 1, sizeof *contexts);
	if (contexts == NULL)
		die("out of memory");
	for (unsigned i = 0; i < l->ngated; i++) {
		unsigned index = l->gated[i].index;
		MUST(index < conf->nlisteners);
		fine = read_context(&conf->listeners[index], to) && fine;
		doors[i].fd = l->gated[i].fd;
		doors[i].context = &contexts[index];
	}
	ndoors = l->ngated;
	return fine;
}

bool admit_can_serve(void)
{
	bool any = false;

	for (unsigned i = 0; i < ndoors; i++) {
		if (!doors[i].context->sound)
			return false;
		any = any || doors[i].context->certs.n > 0;
	}
	return any;
}

/* ---- Accepting, or not ---- */

static bool is_crowded(void)
{
	return visit_is_full() || atomic_load_explicit(&family->head->clients,
	    memory_order_relaxed) >= family->connections;
}

/* Until its family takes requests, clients are for gates of one that does:
 * not even a wake-up is to be taken from those. */
static bool family_is_ready(void)
{
	return atomic_load_explicit(&family->head->ready,
	    memory_order_relaxed);
}

static void arm_doors(uint32_t events)
{
	for (unsigned i = 0; i < ndoors; i++)
		loop_arm(&doors[i].entry, events);
}

static void stop_accepting(void)
{
	if (paused || closed)
		return;
	paused = true;
	arm_doors(0);
	loop_late_at(&interval, clock_ms() + LOOK_MS);
}

static void look_again(struct loop_entry *e)
{
	if (closed)
		return;
	if (!family_is_ready() || is_crowded()) {
		loop_late_at(e, clock_ms() + (family_is_ready() ? LOOK_MS
		    : READY_MS));
		return;
	}
	paused = false;
	arm_doors(EPOLLIN | EPOLLEXCLUSIVE);
}

static void note_end(void)
{
	if (paused && !closed)
		look_again(&interval);
}

static bool is_of_the_client(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED
	    || error == EPROTO || error == ENETDOWN || error == EHOSTDOWN
	    || error == EHOSTUNREACH || error == ENETUNREACH
	    || error == ENOPROTOOPT || error == EOPNOTSUPP
	    || error == ENONET;
}

static void tell_short(void)
{
	static uint64_t again_at;
	int error = errno;
	uint64_t now = clock_ms();

	if (now < again_at)
		return;
	again_at = now + TELL_MS;
	errno = error;
	log_err("accept: %m");
}

static void take_one(struct door *d)
{
	struct addr peer = {.len = sizeof peer.un};
	int fd = accept4(d->fd, &peer.sa, &peer.len, SOCK_NONBLOCK
	    | SOCK_CLOEXEC);

	if (fd >= 0) {
		visit_begin(fd, d->context, &peer);
	} else if (!is_of_the_client(errno)) {
		tell_short();
		stop_accepting();
	}
}

static void open_door(struct loop_entry *e, uint32_t events)
{
	(void)events;
	if (is_crowded())
		stop_accepting();
	else
		take_one((struct door *)((char *)e
		    - offsetof(struct door, entry)));
}

bool admit_open(unsigned room)
{
	if (!visit_init(room))
		return false;
	visit_ended = note_end;
	interval.late = look_again;
	if (!loop_enter(&interval, -1))
		return false;
	for (unsigned i = 0; i < ndoors; i++) {
		doors[i].entry.ready = open_door;
		if (!loop_enter(&doors[i].entry, doors[i].fd))
			return false;
	}
	paused = true;
	look_again(&interval);
	return true;
}

void admit_close(void)
{
	if (closed)
		return;
	closed = true;
	loop_leave(&interval);
	for (unsigned i = 0; i < ndoors; i++) {
		loop_leave(&doors[i].entry);
		close(doors[i].fd);
	}
}
