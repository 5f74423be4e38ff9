/* SPDX-License-Identifier: BSD-2-Clause */
/* Inquiries: all questions that have to be asked about one name. */
#ifndef STEWARD_INQUIRY_H
#define STEWARD_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "steward/member.h"
#include "steward/question.h"

/* A host whose addresses are asked for: the name itself, or what an SRV
 * record says. */
struct part {
	char host[SRV_NAME];
	uint16_t port, priority, weight;
	bool has_v4, has_v6; /* answered, or given up */
};

struct inquiry {
	uint32_t serial; /* 0: it is not in use */
	uint64_t began;  /* clock_ms */
	char name[SRV_NAME];
	bool srv;        /* it is about records */
	bool awaited;    /* which are still awaited */
	struct part parts[SRV_MOST];
	unsigned nparts;
	unsigned nasked, nanswered; /* questions */
	/* the answer: */
	struct found found[FOUND_MOST];
	unsigned n;
	struct open failed; /* families of which a question has failed */
	const char *why;    /* there is nothing, or a failure */
	uint32_t ttl;       /* seconds */
};

/* In a process that has become steward; false if there is no memory. */
bool inquiry_init(const struct conf *conf);

/* Begins to ask about a name (NUL-terminated; one that is too long is answered
 * by a failure). NULL: too many are under way. For inquiry_end. */
struct inquiry *inquiry_begin(const char *name, bool srv, uint64_t now);

/* Asks what could not be asked yet. */
void inquiry_go_on(struct inquiry *q);

/* All has been answered. */
bool inquiry_is_whole(const struct inquiry *q);

/* What is open now counts as failed; answers that still come are dropped. */
void inquiry_give_up(struct inquiry *q);

/* Puts what was found so far in order (each once). */
void inquiry_sort(struct inquiry *q);

/* Families that have failed, or are still open. */
struct open inquiry_open(const struct inquiry *q);

void inquiry_end(struct inquiry *q);

#endif
