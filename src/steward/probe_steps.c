/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes: the steps of a check that the steward makes itself, without TLS. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "net/stream.h"
#include "steward/probe_state.h"
#include "steward/sleep.h"

static void read_rest(struct probe *p)
{
	size_t moved;
	enum io io = stream_discard((int)p->row, &moved);

	p->rest += moved;
	if (io == IO_END || io == IO_BROKEN || p->rest > CHECK_BODY)
		probe_close(p);
}

static void read_answer(struct probe *p)
{
	static char in[16384];
	enum check_result result = CHECK_MORE;
	size_t moved;
	enum io io = stream_receive((int)p->row, in, sizeof in, &moved);

	if (io == IO_OK)
		result = check_read(&p->check, in, moved);
	else if (io == IO_END)
		result = check_end(&p->check);
	if (io == IO_BROKEN) {
		probe_finish(p, CHECK_BAD, "connection reset");
	} else if (io == IO_END) {
		probe_finish(p, result, p->check.why);
	} else if (result != CHECK_MORE) {
		p->step = STEP_REST;
		p->rest = 0;
		probe_judge(p, result, p->check.why);
	}
}

static void send_request(struct probe *p)
{
	struct iovec v = {p->request + p->sent, p->length - p->sent};
	size_t moved;
	enum io io = stream_send((int)p->row, &v, 1, &moved);

	p->sent += moved;
	if (io == IO_BROKEN) {
		probe_finish(p, CHECK_BAD, "connection reset");
	} else if (p->sent == p->length) {
		p->step = STEP_ANSWER;
		sleep_watch((int)p->row, EPOLLIN);
	}
}

/* A reset leaves no socket behind that waits for a minute: of those there
 * would be thousands. */
static void finish_tcp(struct probe *p)
{
	struct linger none = {1, 0};

	setsockopt((int)p->row, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	probe_finish(p, CHECK_GOOD, "");
}

static void go_on_connected(struct probe *p)
{
	int error = 0;
	socklen_t n = sizeof error;

	if (getsockopt((int)p->row, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	if (error)
		probe_fail_to_connect(p, error);
	else if (p->pool->health.path.n == 0)
		finish_tcp(p);
	else
		send_request(p);
}

void probe_go_on(struct probe *p)
{
	if (p->step == STEP_CONNECT)
		go_on_connected(p);
	else if (p->step == STEP_ANSWER)
		read_answer(p);
	else
		read_rest(p);
}
