/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults of faulty.c, and what each makes of an answer. */
#ifndef T_FAULT_H
#define T_FAULT_H

#include "wire.h"

enum { IN_MAX = 16384, OUT_MAX = 65536, BODY_MAX = 60000 };
enum step { STEP_HEAD, STEP_BODY, STEP_DELAY, STEP_ANSWER, STEP_HANG,
	STEP_END };
enum fault { SERVE, SLOW, HANG, FULL, RESET, CLOSE, GARBAGE, LENGTH, HALF,
	HALF_CHUNKED, HALF_HEAD, HALF_RESET, UNAVAILABLE, MISSING, NFAULTS };

struct peer {
	int fd;
	enum step step;
	enum fault fault; /* that its request meets */
	bool last, rst;
	uint64_t due;
	struct wire_sink sink;
	uint64_t seed, size;        /* of the answer */
	uint64_t length, sum;       /* of the request's body */
	bool counted, checked;
	size_t in_n, out_at, out_n;
	char in[IN_MAX + 1];
	char out[OUT_MAX];
};

static const char *const words[NFAULTS] = {"serve", "slow", "hang", "full",
	"reset", "close", "garbage", "length", "half", "half-chunked",
	"half-head", "half-reset", "unavailable", "missing"};

static struct {
	enum fault fault;
	unsigned ms, percent;
	bool healthy;
} order = {.percent = 100};

static const char *name = "backend";

static enum fault draw_fault(const struct peer *p)
{
	static unsigned count;

	if (order.fault == MISSING)
		return p->checked ? MISSING : SERVE;
	if (p->checked && order.healthy)
		return SERVE;
	count += order.percent;
	if (count < 100)
		return SERVE;
	count -= 100;
	return order.fault;
}

static void put(struct peer *p, const char *text)
{
	size_t n = strlen(text);

	memcpy(p->out + p->out_n, text, n);
	p->out_n += n;
}

static void put_head(struct peer *p, const char *status, bool chunked)
{
	p->out_n += (size_t)sprintf(p->out + p->out_n, "HTTP/1.1 %s\r\n"
	    "Content-Type: application/octet-stream\r\nX-Backend: %s\r\n",
	    status, name);
	if (chunked)
		put(p, "Transfer-Encoding: chunked\r\n");
	else
		p->out_n += (size_t)sprintf(p->out + p->out_n,
		    "Content-Length: %s%llu\r\n", p->fault == LENGTH ? "+" :
		    "", (unsigned long long)p->size);
	put(p, p->last ? "Connection: close\r\n\r\n" : "\r\n");
}

/* n bytes of the answer's body. */
static void put_body(struct peer *p, size_t n)
{
	char text[64];

	if (!p->counted) {
		wire_content(p->seed, 0, p->out + p->out_n, n);
	} else {
		snprintf(text, sizeof(text), "%llu %016llx\n",
		    (unsigned long long)p->length,
		    (unsigned long long)p->sum);
		memcpy(p->out + p->out_n, text, n);
	}
	p->out_n += n;
}

static void put_half(struct peer *p)
{
	size_t head = p->out_n;

	p->last = true;
	p->rst = p->fault == HALF_RESET;
	put_head(p, "200 OK", p->fault == HALF_CHUNKED);
	if (p->fault == HALF_HEAD) {
		p->out_n = head + (p->out_n - head) / 2;
		return;
	}
	if (p->fault == HALF_CHUNKED)
		p->out_n += (size_t)sprintf(p->out + p->out_n, "%llx\r\n",
		    (unsigned long long)p->size);
	put_body(p, (size_t)p->size / 2);
}

static void begin_answer(struct peer *p)
{
	char text[64];

	if (p->checked)
		p->size = 0;
	else if (p->counted)
		p->size = (uint64_t)snprintf(text, sizeof(text),
		    "%llu %016llx\n", (unsigned long long)p->length,
		    (unsigned long long)p->sum);
	p->step = STEP_ANSWER;
	p->last |= p->fault == CLOSE;
	switch (p->fault) {
	case RESET:
		p->rst = p->last = true;
		break;
	case GARBAGE:
		p->last = true;
		put(p, "\x16\x03\x01 220 ready when you are\r\n\r\n");
		break;
	case HALF: case HALF_CHUNKED: case HALF_HEAD: case HALF_RESET:
		put_half(p);
		break;
	case UNAVAILABLE: case MISSING:
		p->size = 0;
		put_head(p, p->fault == MISSING ? "404 Not Found"
		    : "503 Service Unavailable", false);
		break;
	default:
		put_head(p, "200 OK", false);
		put_body(p, (size_t)p->size);
	}
}

#endif
