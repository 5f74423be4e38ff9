/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of an HTTP check: the request, and what its answer means. */
#ifndef STEWARD_CHECK_H
#define STEWARD_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "http/chunk.h"
#include "http/framing.h"
#include "http/head.h"

#define CHECK_HEAD 16384 /* bytes of an answer's head at most */
#define CHECK_BODY 65536 /* bytes of its body that are looked at */
#define CHECK_WHY 80

enum check_result {
	CHECK_MORE,  /* read on */
	CHECK_GOOD,
	CHECK_BAD,
	CHECK_DRAIN, /* 404, and drain_on_404 */
};

/* What has been read of an answer. Nothing of it is shared. */
struct check {
	const struct conf_pool *pool;
	char *in; /* its head, later its decoded body */
	size_t n, room;
	unsigned interims; /* 1xx before it */
	bool has_head;
	struct head_scan_state scan;
	struct framing framing;
	struct chunk chunk;
	char why[CHECK_WHY]; /* CHECK_BAD, CHECK_DRAIN: as in "status 503" */
};

/* The bytes of the pool's check for b: at malloc's, *n of them; NULL if there
 * is no memory. Connection: close is asked for (RFC 9112, 9.6). */
char *check_request(const struct conf_pool *pool,
    const struct conf_backend *b, size_t *n);

/* Begins to read an answer. */
void check_begin(struct check *c, const struct conf_pool *pool);

/* The next n bytes of it, of a backend that nobody trusts. Redirects are
 * statuses like others. With body_re the body is read to its end, or as far
 * as CHECK_BODY goes; else the status decides. Call it no more after another
 * result than CHECK_MORE. */
enum check_result check_read(struct check *c, const char *p, size_t n);

/* The backend has sent its last byte: never CHECK_MORE. */
enum check_result check_end(struct check *c);

/* Gives back what check_read has taken. May be called twice. */
void check_free(struct check *c);

#endif
