/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to "status", as structs: what it has to say of each part. */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "ctl/answer.h"

/* Numbers are from 0 to STATUS_MOST, whatever the master says, so that sums
 * of them fit. Slices lie in the answer. */
#define STATUS_MOST (INT64_C(1) << 44)

struct status_backend {
	struct slice pool, name, address, state, order, why;
	int64_t weight, file_weight, max_connections, in_flight, idle;
	int64_t backup, added, rate_x10;
	int64_t started; /* percent of slow_start; 0: it was not told */
	int64_t attempts, retries, ok, errors_5xx, connect_errors, timeouts;
	int64_t resets, bad_answers, checks, checks_failed;
	int64_t p50_us, p95_us;
	int64_t since; /* seconds since 1970, 0: never */
	unsigned line; /* of the answer */
	bool taken;    /* by a pool, if it is the first of its name */
};

struct status_pool {
	struct slice name, balance, fallback;
	int64_t up, nbackends, in_flight, queued, queue_length;
	const struct status_backend *backends; /* in the master's order */
	unsigned n;
	unsigned line;
};

struct status_generation {
	struct slice state;
	int64_t number, workers, connections;
	unsigned line;
};

struct status_certificate {
	struct slice of, path, key, names;
	int64_t ends; /* seconds since 1970 */
};

struct status_role {
	struct slice name;
	unsigned live;   /* processes */
	unsigned others; /* that come or go */
};

#define STATUS_ROLES 16

struct status {
	struct slice version, file;
	int64_t pid, generation, uptime_ms, reloading, changes;
	unsigned master; /* line */
	bool has_master;
	struct status_generation *generations;
	unsigned ngenerations;
	struct status_role roles[STATUS_ROLES];
	unsigned nroles;
	struct status_pool *pools;
	unsigned npools;
	struct status_backend *backends; /* those of a pool side by side */
	unsigned nbackends;
	struct status_certificate *certificates;
	unsigned ncertificates;
};

/* Reads an answer that is ok. Records of other kinds, and backends of pools
 * that have no record, are passed over. For status_fini; the answer must
 * live as long. */
void status_read(struct status *to, const struct answer *from);
void status_fini(struct status *s);

/* NULL if there is none. */
const struct status_pool *status_find_pool(const struct status *s,
    struct slice name);

/* Whether the backend is meant by `name`: itself, or a member of it
 * ("web" means "web" and "web#2"). */
bool status_is_member(const struct status_backend *b, struct slice name);

/* Failures of all kinds that are counted. */
int64_t status_errors(const struct status_backend *b);

#endif
