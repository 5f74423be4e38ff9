/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to questions for SRV records (RFC 2782): bytes in, records out. */
#include "steward/srv.h"

#include "base/slice.h"

#define TYPE_SRV 33
#define CLASS_IN 1
#define JUMPS_MOST 32 /* of compression in one name */

struct reader {
	const uint8_t *p;
	size_t n, at;
	bool bad;
};

static uint32_t read_number(struct reader *r, unsigned bytes)
{
	uint32_t value = 0;

	if (r->bad || r->n - r->at < bytes) {
		r->bad = true;
		return 0;
	}
	while (bytes--)
		value = value << 8 | r->p[r->at++];
	return value;
}

static bool is_lawful(uint8_t c)
{
	c = (uint8_t)ascii_lower((char)c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
	    || c == '_';
}

/* A label, and a dot before it unless it is the first. False: there is no
 * room, or it has other bytes than those of host names. */
static bool put_label(char to[SRV_NAME], size_t *used, const uint8_t *label,
    unsigned length)
{
	if (*used + length + 2 > SRV_NAME)
		return false;
	if (*used)
		to[(*used)++] = '.';
	for (unsigned i = 0; i < length; i++) {
		if (!is_lawful(label[i]))
			return false;
		to[(*used)++] = (char)label[i];
	}
	return true;
}

/* The name at r->at, which moves behind it. "to" is empty for "." and for
 * names that no host has. A pointer points back only, so it comes to an end,
 * but not always soon. */
static void read_name(struct reader *r, char to[SRV_NAME])
{
	struct reader follow = *r;
	bool jumped = false, lawful = true;
	unsigned jumps = 0;
	size_t used = 0;

	for (;;) {
		size_t start = follow.at;
		uint32_t length = read_number(&follow, 1);
		if (follow.bad || length == 0)
			break;
		if (length >= 0xc0) {
			size_t to_where = (length & 0x3f) << 8
			    | read_number(&follow, 1);
			if (!jumped)
				r->at = follow.at;
			jumped = true;
			follow.bad |= to_where >= start
			    || jumps++ >= JUMPS_MOST;
			follow.at = to_where;
			continue;
		}
		if (length > 63 || follow.n - follow.at < length) {
			follow.bad = true;
			break;
		}
		lawful = lawful && put_label(to, &used, follow.p + follow.at,
		    length);
		follow.at += length;
	}
	r->bad |= follow.bad;
	if (!jumped)
		r->at = follow.at;
	to[lawful && !r->bad ? used : 0] = '\0';
}

static void skip_questions(struct reader *r, uint32_t n)
{
	char name[SRV_NAME];

	while (n-- && !r->bad) {
		read_name(r, name);
		read_number(r, 4);
	}
}

static bool read_record(struct reader *r, struct srv *to, uint32_t *ttl)
{
	char name[SRV_NAME];
	struct reader rest;

	read_name(r, name);
	uint32_t type = read_number(r, 2), class = read_number(r, 2);
	uint32_t lives = read_number(r, 4), length = read_number(r, 2);
	if (r->bad || r->n - r->at < length) {
		r->bad = true;
		return false;
	}
	if (lives > INT32_MAX) /* RFC 2181 section 8 */
		lives = 0;
	if (lives < *ttl)
		*ttl = lives;
	rest = *r;
	rest.n = r->at + length;
	r->at += length;
	if (type != TYPE_SRV || class != CLASS_IN)
		return false;
	to->priority = (uint16_t)read_number(&rest, 2);
	to->weight = (uint16_t)read_number(&rest, 2);
	to->port = (uint16_t)read_number(&rest, 2);
	read_name(&rest, to->target);
	r->bad |= rest.bad || rest.at != rest.n;
	return !r->bad && to->port && to->target[0];
}

bool srv_parse(const uint8_t *message, size_t length, struct srv to[SRV_MOST],
    unsigned *n, uint32_t *ttl)
{
	struct reader r = {.p = message, .n = length};
	struct srv one;

	*n = 0;
	read_number(&r, 4);
	uint32_t questions = read_number(&r, 2), answers = read_number(&r, 2);
	read_number(&r, 4);
	skip_questions(&r, questions);
	while (answers-- && !r.bad)
		if (read_record(&r, &one, ttl) && *n < SRV_MOST)
			to[(*n)++] = one;
	return !r.bad;
}
