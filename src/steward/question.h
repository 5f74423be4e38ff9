/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to DNS servers, by c-ares: asked here, answered some time later. */
#ifndef STEWARD_QUESTION_H
#define STEWARD_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "steward/member.h"
#include "steward/srv.h"

#define QUESTIONS_MOST 64 /* in flight */

enum question_kind { QUESTION_A, QUESTION_AAAA, QUESTION_SRV };

/* What a question was asked for: the asker's own numbers. */
struct asker {
	unsigned inquiry, part;
	uint32_t serial;
};

enum reply_result {
	REPLY_GOOD,   /* there is at least one address or record */
	REPLY_NONE,   /* the name does not exist, or has nothing of the kind */
	REPLY_FAILED, /* no server could say */
};

struct reply {
	enum question_kind kind;
	enum reply_result result;
	const char *why; /* NONE, FAILED: a text for the log */
	uint32_t ttl;    /* seconds; UINT32_MAX: it says none */
	const struct found *at; /* A, AAAA */
	const struct srv *srv;
	unsigned n;
};

/* The process has become steward: what it inherited of questions is another's
 * and is forgotten. `told` gets each answer; it may be called by any function
 * here, must not call any of them, and take no note. */
void question_init(const struct conf *conf,
    void (*told)(const struct asker *who, const struct reply *reply));

/* Asks for the host name (NUL-terminated; "localhost" and what stands in the
 * hosts file are answered at once, from there). False if there are too many
 * questions in flight: ask again later. */
bool question_ask(enum question_kind kind, const char *host,
    const struct asker *who);

/* Events of a descriptor of ours. */
void question_event(int fd, uint32_t events);

/* Times out what is to be timed out; lets go of all sockets, and of what was
 * read of resolv.conf, when no question is left. Returns the clock_ms at which
 * it wants to be called again, UINT64_MAX if no question is in flight. */
uint64_t question_look(uint64_t now);

/* Gives up: nobody is told any more. */
void question_close(void);

#endif
