/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: the request of a check, its answer, and what the steward hears. */
#include <errno.h>
#include <openssl/err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "gate/errand_state.h"

#define AGAIN_MS 10 /* until a full socket is tried again */
#define ANSWER_MOST (256u << 10) /* bytes of an answer that are read */

static int checked_fd;

void errand_report_to(int fd)
{
	checked_fd = fd;
}

static size_t size_of(const struct checked *c)
{
	return offsetof(struct checked, bytes) + c->n;
}

static bool send_report(const struct checked *c)
{
	return send(checked_fd, c, size_of(c), MSG_DONTWAIT | MSG_NOSIGNAL)
	    >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

/* False: it will be said later, and the errand rests until then. */
static bool report(struct errand *e, struct checked *c)
{
	c->row = e->call.row;
	c->serial = e->call.serial;
	if (send_report(c))
		return true;
	e->report = malloc(sizeof *c);
	if (e->report)
		memcpy(e->report, c, size_of(c));
	e->stage = STAGE_REPORT;
	loop_arm(&e->entry, 0);
	loop_late_at(&e->entry, clock_ms() + AGAIN_MS);
	return false;
}

void errand_report_end(struct errand *e, const char *why)
{
	static struct checked c;

	c.n = 0;
	c.ended = why == NULL;
	c.failed = why != NULL;
	snprintf(c.why, sizeof c.why, "%s", why ? why : "");
	if (report(e, &c))
		errand_end(e);
}

/* ---- A check's request and answer ---- */

/* Nothing is left to be read; or as much as anybody looks at has been. */
static bool is_over(struct errand *e, int error)
{
	return error == SSL_ERROR_ZERO_RETURN || e->answered > ANSWER_MOST;
}

/* One piece of it; false: it has ended, or rests. */
static bool pass_on(struct errand *e, int *error)
{
	static struct checked c;
	size_t n = 0;

	int done = SSL_read_ex(e->ssl, c.bytes, sizeof c.bytes, &n);
	*error = done ? SSL_ERROR_NONE : SSL_get_error(e->ssl, done);
	c.n = (uint32_t)n;
	c.ended = c.failed = 0;
	c.why[0] = '\0';
	e->answered += n;
	return done && report(e, &c) && e->answered <= ANSWER_MOST;
}

/* As the end is told apart: many servers send no close_notify. */
static void end_answer(struct errand *e, int error, enum io came)
{
	if (e->stage == STAGE_REPORT || error == SSL_ERROR_WANT_READ) {
		errand_await(e, e->stage == STAGE_REPORT ? 0 : EPOLLIN);
	} else if (is_over(e, error) || came == IO_END) {
		errand_report_end(e, NULL);
	} else {
		const char *reason = errand_reason();
		errand_report_end(e, came == IO_BROKEN ? "connection reset"
		    : reason ? reason : "its records are not lawful");
	}
}

void errand_read_answer(struct errand *e)
{
	enum io came = wire_begin(&e->wire);
	int error = SSL_ERROR_NONE;

	if (came == IO_WAIT) {
		errand_await(e, e->wire.nunsent ? EPOLLOUT : EPOLLIN);
		return;
	}
	ERR_clear_error();
	while (pass_on(e, &error))
		;
	wire_end(&e->wire);
	end_answer(e, error, came);
}

void errand_ask(struct errand *e)
{
	e->stage = STAGE_ANSWER;
	if (e->call.nrequest == 0) {
		errand_report_end(e, NULL);
		return;
	}
	wire_begin_first(&e->wire);
	int done = SSL_write(e->ssl, e->call.request, (int)e->call.nrequest);
	enum io sent = wire_end(&e->wire);
	if (done != (int)e->call.nrequest || sent == IO_BROKEN)
		errand_report_end(e, "connection reset");
	else
		errand_await(e, sent == IO_WAIT ? EPOLLOUT : EPOLLIN);
}

void errand_report_again(struct errand *e)
{
	struct checked *c = e->report;

	if (!send_report(c)) {
		loop_late_at(&e->entry, clock_ms() + AGAIN_MS);
		return;
	}
	bool last = c->ended || c->failed || e->answered > ANSWER_MOST;
	e->report = NULL;
	free(c);
	if (last) {
		errand_end(e);
		return;
	}
	e->stage = STAGE_ANSWER;
	loop_late_at(&e->entry, e->ends_at);
	errand_read_answer(e);
}
