/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads of HTTP/1.0 and HTTP/1.1 messages (RFC 9112, 2 to 5). */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "http/field.h"
#include "http/method.h"
#include "http/refusal.h"

/* All slices lie in the bytes that were parsed. */
struct head {
	enum method method_id;      /* request */
	struct slice method;        /* request */
	struct slice target;        /* request, as received, never empty */
	unsigned status;            /* response: 100 to 599 */
	struct slice reason;        /* response, may be empty */
	unsigned minor;             /* of HTTP/1.minor: 0 or 1 */
	struct field *fields;       /* the caller's, in order of arrival */
	unsigned nfields;
	unsigned room;              /* fields that the array has */
	size_t length;              /* bytes parsed; the body follows */
	uint64_t seen;              /* bit id: the head has that field */
	uint64_t repeated;          /* bit id: in more than one line */
	uint16_t first[FIELD_KNOWN]; /* index in fields, where seen */
};

struct head_limits {
	unsigned max_fields;
	size_t max_uri; /* bytes of the target; requests only */
};

/* How far the search for the end of a head came: zero it for a new head. It
 * holds offsets only, so the bytes may move between two calls. */
struct head_scan_state {
	uint32_t at;   /* bytes that were looked at */
	uint32_t line; /* where the line under way begins */
};

enum head_scan { HEAD_MORE, HEAD_WHOLE, HEAD_BAD };

/* Looks for the end of the head in the n bytes at p, of which earlier calls
 * saw the first ones; every byte is looked at once. HEAD_WHOLE: *length is
 * that of the head with its empty line. HEAD_BAD, as soon as seen: a control
 * byte but HTAB, a CR or LF alone (REFUSAL_HEAD_BYTES), or a second
 * empty line before the start line (RFC 9112, 2.2 and 3). n is less than
 * 2^32; the caller bounds it by max_header. */
enum head_scan head_scan(const char *p, size_t n, struct head_scan_state *st,
    size_t *length);

/* Once before parsing: gives h the array that it fills. */
void head_init(struct head *h, struct field *fields, unsigned room);

/* Parses the head that head_scan found whole. One empty line before a request
 * is skipped. Strict: nothing that two readers may read in two ways passes
 * (RFC 9112, 2.2, 3, 5.1, 5.2). After a refusal only method and target may be
 * used, for the log: empty, or as received. Never reads outside of p and n,
 * whatever they hold. */
const struct refusal *head_parse_request(struct head *h, const char *p,
    size_t n, const struct head_limits *limits);

/* The same for responses; every refusal has status 502. The reason may be
 * missing, with or without the space before it (RFC 9112, 4). */
const struct refusal *head_parse_response(struct head *h, const char *p,
    size_t n, const struct head_limits *limits);

/* Parses the field line at *p, which moves behind its CRLF; end bounds it. Sets
 * all of f. After a refusal *p is unspecified. */
const struct refusal *head_parse_field(struct field *f, const char **p,
    const char *end);

/* The first field with a well-known name, NULL if there is none, and the
 * next one with the same id. FIELD_OTHER is not to be asked for. */
struct field *head_find(const struct head *h, enum field_id id);
struct field *head_find_next(const struct head *h, const struct field *f);

/* The first field of that name in any case, known or not, that is not
 * FIELD_FORGED; NULL if none. */
struct field *head_find_name(const struct head *h, struct slice name);

/* The value of the first such field; p is NULL if there is none. */
struct slice head_value(const struct head *h, enum field_id id);

static inline bool head_has(const struct head *h, enum field_id id)
{
	return (h->seen >> id & 1) != 0;
}

static inline bool head_has_many(const struct head *h, enum field_id id)
{
	return (h->repeated >> id & 1) != 0;
}

/* True if one of the lists in the fields of that name has the token. */
bool head_has_item(const struct head *h, enum field_id id,
    struct slice token);

/* May another message follow on this connection, by what the sender of this
 * one says (RFC 9112, 9.3)? */
bool head_keepalive(const struct head *h);

/* Sets FIELD_DROP on the fields that end here: those of field.def that are
 * HOP, and every other one that Connection names, but those that are END.
 * Among them are Upgrade, TE and Trailer: who wants them on the other side
 * says so himself (RFC 9110, 7.6.1). Refused: a Connection that is no list of
 * tokens, or has more than HEAD_OPTIONS. For responses see
 * refusal_from_backend. */
#define HEAD_OPTIONS 32
const struct refusal *head_mark_hop_by_hop(struct head *h);

#endif
