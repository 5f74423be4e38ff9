/* SPDX-License-Identifier: BSD-2-Clause */
/* Records on their way out: sealed, published, sent (PROTOCOLS 5). */
#include <string.h>

#include "base/fault.h"
#include "worker/records.h"

#define SEALED_PAGES 6 /* of one side, at most */
#define PIECES 16      /* vectors of one record */

#define KEY_UPDATE 24 /* RFC 8446, 4.6.3 */

/* Room for n bytes behind what is sealed. */
static char *room_for(struct stride *s, unsigned side, size_t n)
{
	struct chain *sealed = &s->f.side[side].sealed;

	if (chain_room(sealed) >= n)
		return chain_space(sealed);
	uint32_t page = sealed->pages < SEALED_PAGES ? records_page(s, n) : 0;
	if (page == 0)
		return NULL;
	chain_append(sealed, page, 0, 0);
	return page_at(page);
}

/* One record of the n bytes of v. */
static bool put(struct stride *s, unsigned side, enum record_type type,
    const struct iovec *v, int nv, size_t n)
{
	struct secure *x = &s->f.side[side];
	const struct record_keys *k = &records_session(s, side)->keys;
	char *to = room_for(s, side, n + RECORD_COST);

	if (to == NULL)
		return false;
	size_t length = record_seal(k, &k->write[x->wkey], x->wseq, type, v,
	    nv, to);
	if (length == 0) {
		x->flags |= SECURE_BROKEN | SECURE_SHUT;
		return false;
	}
	x->wseq++;
	chain_grow(&x->sealed, (uint32_t)length);
	return true;
}

static bool put_bytes(struct stride *s, unsigned side, enum record_type type,
    const void *p, size_t n)
{
	struct iovec v = {(void *)p, n};

	return put(s, side, type, &v, 1, n);
}

void records_say(struct stride *s, unsigned side, enum record_alert alert,
    bool fatal)
{
	uint8_t text[2] = {fatal ? RECORD_FATAL : RECORD_WARNING,
	    (uint8_t)alert};

	if (!(s->f.side[side].flags & SECURE_SHUT))
		put_bytes(s, side, RECORD_ALERT, text, sizeof text);
	if (fatal)
		s->f.side[side].flags |= SECURE_BROKEN | SECURE_SHUT;
}

/* TLS 1.3: what comes behind this record is under the next key. */
static bool update_key(struct stride *s, unsigned side)
{
	static const uint8_t text[5] = {KEY_UPDATE, 0, 0, 1, 0};
	struct secure *x = &s->f.side[side];
	struct record_keys *k = &records_session(s, side)->keys;

	if (!record_next(k, &k->write[x->wkey], &k->write[!x->wkey])) {
		x->flags |= SECURE_BROKEN | SECURE_SHUT;
		return false;
	}
	if (!put_bytes(s, side, RECORD_HANDSHAKE, text, sizeof text))
		return false;
	x->wkey = !x->wkey;
	x->wseq = 0;
	x->flags &= (uint8_t)~SECURE_UPDATE;
	return true;
}

/* Of TLS 1.2 a key that is used up is the connection's end. */
static bool have_key(struct stride *s, unsigned side)
{
	struct secure *x = &s->f.side[side];

	if (records_session(s, side)->keys.version == RECORD_TLS13)
		return (x->wseq < RECORD_KEY_USES
		    && !(x->flags & SECURE_UPDATE)) || update_key(s, side);
	if (x->wseq < RECORD_KEY_USES)
		return true;
	records_say(s, side, ALERT_CLOSE_NOTIFY, false);
	x->flags |= SECURE_BROKEN | SECURE_SHUT;
	return false;
}

/* Where in a vector the next record begins. */
struct cursor {
	const struct iovec *v;
	int n;
	size_t skip;
};

/* The first bytes from there on, at most as many as one record takes. */
static int cut_record(struct cursor *c, struct iovec *piece, size_t most,
    size_t *n)
{
	int k = 0;

	for (*n = 0; c->n > 0 && *n < most && k < PIECES; k++) {
		size_t have = c->v->iov_len - c->skip;
		size_t take = have < most - *n ? have : most - *n;
		piece[k].iov_base = (char *)c->v->iov_base + c->skip;
		piece[k].iov_len = take;
		*n += take;
		c->skip += take;
		if (take == have) {
			c->v++;
			c->n--;
			c->skip = 0;
		}
	}
	return k;
}

static size_t put_some(struct stride *s, unsigned side, const struct iovec *v,
    int n, size_t most)
{
	struct cursor from = {v, n, 0};
	struct iovec piece[PIECES];
	size_t sum = 0, length;

	while (from.n > 0 && have_key(s, side)) {
		int k = cut_record(&from, piece, most, &length);
		if (length == 0 || !put(s, side, RECORD_DATA, piece, k,
		    length))
			break;
		sum += length;
		FAULT(record_sealed);
	}
	return sum;
}

size_t secure_seal(struct stride *s, unsigned side, const struct iovec *v,
    int n)
{
	const struct session *session = records_session(s, side);
	size_t most = session->most ? session->most : RECORD_PLAIN;
	size_t small = PAGE_SMALL - RECORD_COST;
	bool starved = s->starved;

	if (s->f.side[side].flags & (SECURE_SHUT | SECURE_BROKEN))
		return 0;
	records_settle_keys(s, side);
	size_t sum = put_some(s, side, v, n, most);
	if (sum == 0) /* no large page is left, but perhaps a small one */
		sum = put_some(s, side, v, n, most < small ? most : small);
	if (sum) /* what is left is for the next time */
		s->starved = starved;
	return sum;
}

enum io secure_flush(struct stride *s, unsigned side)
{
	const struct conn *c = lobby_get((unsigned)records_fd(s, side));
	struct secure *x = &s->f.side[side];
	struct iovec v[SEALED_PAGES];
	size_t n;

	stride_publish(s);
	FAULT(record_published);
	while (x->sealed.length > 0) {
		int k = chain_vectors(&x->sealed, 0, v, SEALED_PAGES);
		stride_io(c);
		enum io io = stream_send(records_fd(s, side), v, k, &n);
		FAULT(record_sent);
		x->wire_tx += n;
		chain_consume(&x->sealed, n, &s->drop);
		stride_io_done(s, c);
		if (io != IO_OK)
			return io == IO_WAIT ? IO_WAIT : IO_BROKEN;
	}
	return x->flags & SECURE_BROKEN ? IO_BROKEN : IO_OK;
}

void secure_stop(struct stride *s, unsigned side)
{
	struct secure *x = &s->f.side[side];

	if (!secure_is_on(s, side) || x->sealed.length == 0)
		return;
	chain_clear(&x->sealed, &s->drop);
	x->flags |= SECURE_SHUT;
}

void secure_leave(const struct conn *peer)
{
	const struct secure *x = &peer->flow[0].side[0];
	const struct record_keys *k = &lobby.sessions[lobby_row(peer)].keys;
	uint8_t text[2] = {RECORD_WARNING, ALERT_CLOSE_NOTIFY};
	struct iovec v = {text, sizeof text};
	char room[sizeof text + RECORD_COST];
	size_t n;

	if (!peer->flow[0].secure || x->sealed.length
	    || (x->flags & (SECURE_SHUT | SECURE_BROKEN)))
		return;
	n = record_seal(k, &k->write[x->wkey], x->wseq, RECORD_ALERT, &v, 1,
	    room);
	v = (struct iovec){room, n};
	if (n)
		stream_send((int)lobby_row(peer), &v, 1, &n);
}

void secure_shut(struct stride *s, unsigned side)
{
	struct secure *x = &s->f.side[side];

	if (x->flags & (SECURE_SHUT | SECURE_BROKEN))
		return;
	records_say(s, side, ALERT_CLOSE_NOTIFY, false);
	x->flags |= SECURE_SHUT;
}

void secure_end(struct stride *s, unsigned side)
{
	secure_shut(s, side);
	if (s->f.side[side].sealed.length)
		secure_flush(s, side);
}
