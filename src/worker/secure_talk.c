/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of a handshake that come once it is over. */
#include "worker/records.h"

#define HEAD 4u            /* type (1), length (3) */
#define MESSAGE_MOST 131072u /* bytes that are read over */

enum message { HELLO_REQUEST = 0, CLIENT_HELLO = 1, NEW_SESSION_TICKET = 4,
	KEY_UPDATE = 24 };

/* The peer's next records are under its next key (RFC 8446, 4.6.3). */
static bool update(struct stride *s, unsigned side, uint8_t wants_ours,
    enum record_alert *alert)
{
	struct secure *x = &s->f.side[side];
	struct record_keys *k = &records_session(s, side)->keys;

	if (wants_ours > 1) {
		*alert = ALERT_ILLEGAL_PARAMETER;
		return false;
	}
	if (!record_next(k, &k->read[x->rkey], &k->read[!x->rkey])) {
		*alert = ALERT_INTERNAL_ERROR;
		return false;
	}
	x->rkey = !x->rkey;
	x->rseq = 0;
	if (wants_ours)
		x->flags |= SECURE_UPDATE;
	return true;
}

/* A whole head of a message stands in x->part: what follows? */
static bool read_head(struct stride *s, unsigned side,
    enum record_alert *alert)
{
	struct secure *x = &s->f.side[side];
	bool new = records_session(s, side)->keys.version == RECORD_TLS13;
	uint32_t length = (uint32_t)x->part[1] << 16
	    | (uint32_t)x->part[2] << 8 | x->part[3];

	if (new && x->part[0] == KEY_UPDATE) {
		*alert = ALERT_DECODE_ERROR;
		return length == 1;
	}
	*alert = ALERT_UNEXPECTED_MESSAGE;
	if (length > MESSAGE_MOST)
		return false;
	if (!new && side == SIDE_CLIENT && x->part[0] == CLIENT_HELLO)
		*alert = ALERT_NO_RENEGOTIATION;
	if (side != SIDE_BACKEND || x->part[0] != (new ? NEW_SESSION_TICKET
	    : HELLO_REQUEST))
		return false;
	if (!new) /* RFC 5246, 7.4.1.1: it may go on as it is */
		records_say(s, side, ALERT_NO_RENEGOTIATION, false);
	x->skip = length;
	x->npart = 0;
	return true;
}

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool records_read_handshake(struct stride *s, unsigned side, const char *p,
    size_t n, enum record_alert *alert)
{
	struct secure *x = &s->f.side[side];
	size_t k;

	*alert = ALERT_UNEXPECTED_MESSAGE;
	if (n == 0)
		return false;
	for (; n > 0; p += k, n -= k) {
		if (x->npart == HEAD) { /* an update, whose last byte it is */
			x->npart = 0;
			*alert = ALERT_UNEXPECTED_MESSAGE;
			return n == 1 && update(s, side, (uint8_t)*p, alert);
		}
		k = lesser(n, x->skip);
		x->skip -= (uint32_t)k;
		if (k > 0)
			continue;
		k = 1;
		x->part[x->npart++] = (uint8_t)*p;
		if (x->npart == HEAD && !read_head(s, side, alert))
			return false;
	}
	return true;
}
