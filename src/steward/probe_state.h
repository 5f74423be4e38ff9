/* SPDX-License-Identifier: BSD-2-Clause */
/* A probe, and its calls to gates: for the files probe*.c alone. */
#ifndef STEWARD_PROBE_STATE_H
#define STEWARD_PROBE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "shm/arrival.h"
#include "steward/check.h"
#include "steward/health.h"

/* CALL: a gate does it, over TLS. REST: the result is known; what the backend
 * still has to say is read and thrown away, so that it sees an ordinary
 * end. */
enum step { STEP_NONE, STEP_CALL, STEP_CONNECT, STEP_ANSWER, STEP_REST };

struct probe {
	const struct conf_pool *pool; /* NULL: it is not checked */
	const struct conf_backend *b;
	enum step step;
	unsigned row;      /* but in STEP_NONE and STEP_CALL */
	uint32_t serial;   /* of the last call */
	bool called;       /* CALL: a gate may have it */
	uint32_t gates_died; /* CALL: as the lobby's head said at its start */
	uint64_t began_at; /* clock_ms of the last one */
	char *request;
	size_t length, sent;
	size_t rest; /* bytes thrown away */
	struct check check;
	struct health health;
};

/* What its socket is ready for. Does not block. */
void probe_go_on(struct probe *p);

/* A result: of a check that has something to read still; of one that is over
 * with it. */
void probe_judge(struct probe *p, enum check_result result, const char *why);
void probe_finish(struct probe *p, enum check_result result,
    const char *why);
void probe_fail_to_connect(struct probe *p, int error);

/* Gives back what it has under way, without a result. */
void probe_close(struct probe *p);

/* Calls a gate for a check that may last so many ms; what had been read of an
 * earlier call's answer is forgotten. p->called says whether one has heard it,
 * and so does what it returns. Does not block. */
bool probe_call(struct probe *p, const struct addr *to, uint64_t ms);

/* The next thing that gates have to say, until the next call of this; NULL:
 * nothing for now. Its lengths are sound. Does not block. */
struct checked *probe_call_hear(void);

/* What it means for its probe; MORE: the rest of the answer is to come. */
enum check_result probe_call_read(struct probe *p, struct checked *c,
    const char **why);

#endif
