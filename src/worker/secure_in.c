/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that come in: received, opened, handed on (PROTOCOLS 5). */
#include <string.h>

#include "base/fault.h"
#include "worker/records.h"

#define TAG 16u
#define DULL_MOST 32 /* records in a row that bring no data */

/* What the next record has brought. */
enum came {
	CAME_DATA,    /* bytes, in `to` or in the page `plain` */
	CAME_DULL,    /* nothing for the caller */
	CAME_LITTLE,  /* it is not all here */
	CAME_END,     /* close_notify */
	CAME_BROKEN,  /* or what is not lawful */
	CAME_NO_PAGE
};

static enum came broken(struct stride *s, unsigned side,
    enum record_alert alert)
{
	records_say(s, side, alert, true);
	secure_flush(s, side);
	return CAME_BROKEN;
}

static size_t raw_bytes(const struct secure *x)
{
	return (size_t)(x->raw_end - x->raw_start);
}

/* A page with room for a record of that length behind raw_start, and for at
 * least one byte more than is there. Never moved within a page: who goes on
 * after a death has its old places. */
static bool have_room(struct stride *s, unsigned side, size_t length)
{
	struct secure *x = &s->f.side[side];
	uint16_t n = (uint16_t)raw_bytes(x);

	if (x->raw && n == 0 && x->raw_end) {
		x->raw_start = x->raw_end = 0;
		stride_publish(s);
	}
	if (x->raw && page_bytes(x->raw) - x->raw_start >= length)
		return true;
	uint32_t page = records_page(s, length);
	if (page == 0)
		return false;
	if (n)
		memcpy(page_at(page), page_at(x->raw) + x->raw_start, n);
	page_drop(&s->drop, x->raw);
	x->raw = page;
	x->raw_start = 0;
	x->raw_end = n;
	stride_publish(s);
	return true;
}

/* More from the socket; *drained: it has no more for now. */
static enum io pull(struct stride *s, unsigned side, size_t length,
    bool *drained)
{
	const struct conn *c = lobby_get((unsigned)records_fd(s, side));
	struct secure *x = &s->f.side[side];
	size_t n;

	if (!have_room(s, side, length))
		return IO_WAIT;
	size_t room = page_bytes(x->raw) - x->raw_end;
	stride_io(c);
	enum io io = stream_receive(records_fd(s, side), page_at(x->raw)
	    + x->raw_end, room, &n);
	FAULT(record_received);
	x->raw_end = (uint16_t)(x->raw_end + n);
	x->wire_rx += n;
	stride_io_done(s, c);
	*drained = n < room;
	return io == IO_END ? IO_BROKEN : io;
}

static enum came read_alert(struct stride *s, unsigned side, const char *p,
    size_t n)
{
	struct secure *x = &s->f.side[side];

	if (n != 2)
		return broken(s, side, ALERT_DECODE_ERROR);
	if ((uint8_t)p[1] == ALERT_CLOSE_NOTIFY) {
		x->flags |= SECURE_ENDED;
		return CAME_END;
	}
	if ((uint8_t)p[1] == ALERT_USER_CANCELED)
		return CAME_DULL;
	if (p[0] == RECORD_WARNING) /* of what, nobody knows */
		return broken(s, side, ALERT_ILLEGAL_PARAMETER);
	x->flags |= SECURE_BROKEN | SECURE_SHUT;
	return CAME_BROKEN;
}

static enum came read_content(struct stride *s, unsigned side,
    enum record_type type, const char *p, size_t n)
{
	struct secure *x = &s->f.side[side];
	enum record_alert alert = ALERT_UNEXPECTED_MESSAGE;
	bool amid = x->npart || x->skip;

	if (type == RECORD_HANDSHAKE)
		return records_read_handshake(s, side, p, n, &alert)
		    ? CAME_DULL : broken(s, side, alert);
	/* RFC 8446, 5.1: no other record in the midst of a message */
	if (amid || type == RECORD_CCS)
		return broken(s, side, alert);
	if (type == RECORD_ALERT)
		return read_alert(s, side, p, n);
	return n ? CAME_DATA : CAME_DULL;
}

/* The whole record of that length at the front of raw. What it holds goes to
 * `to` if it fits in there, else to a page of its own. */
static enum came open_record(struct stride *s, unsigned side, size_t length,
    char *to, size_t room, size_t *n)
{
	struct secure *x = &s->f.side[side];
	const struct record_keys *k = &records_session(s, side)->keys;
	size_t most = length > RECORD_HEAD + TAG ? length - RECORD_HEAD - TAG
	    : 0;
	uint32_t page = 0;
	enum record_type type;
	enum record_alert alert = ALERT_INTERNAL_ERROR;

	if (most > room) {
		page = records_page(s, most);
		if (page == 0)
			return CAME_NO_PAGE;
		to = page_at(page);
	}
	if (record_open(k, &k->read[x->rkey], x->rseq, page_at(x->raw)
	    + x->raw_start, length, to, &type, n, &alert) != RECORD_FINE) {
		if (page)
			page_free(page);
		return broken(s, side, alert);
	}
	x->rseq++; /* unless a new key begins with it */
	enum came came = read_content(s, side, type, to, *n);
	x->raw_start = (uint16_t)(x->raw_start + length);
	if (came != CAME_DATA && page)
		page_free(page);
	if (came == CAME_DATA && page) {
		x->plain = page;
		x->plain_start = 0;
		x->plain_end = (uint16_t)*n;
	}
	FAULT(record_opened);
	return came;
}

static enum came next_record(struct stride *s, unsigned side, char *to,
    size_t room, size_t *n, size_t *length)
{
	struct secure *x = &s->f.side[side];
	enum record_alert alert = ALERT_INTERNAL_ERROR;

	*length = RECORD_HEAD;
	if (x->flags & SECURE_BROKEN)
		return CAME_BROKEN;
	if (x->flags & SECURE_ENDED)
		return CAME_END;
	if (x->raw == 0)
		return CAME_LITTLE;
	switch (record_look(&records_session(s, side)->keys, page_at(x->raw)
	    + x->raw_start, raw_bytes(x), length, &alert)) {
	case RECORD_MORE:
		return CAME_LITTLE;
	case RECORD_BAD:
		return broken(s, side, alert);
	default:
		break;
	}
	records_settle_keys(s, side);
	enum came came = open_record(s, side, *length, to, room, n);
	if (came == CAME_DATA)
		x->dull = 0;
	if (came != CAME_DULL)
		return came;
	if (x->dull++ == DULL_MOST)
		return broken(s, side, ALERT_UNEXPECTED_MESSAGE);
	if (x->sealed.length) /* it has got an answer */
		secure_flush(s, side);
	return CAME_DULL;
}

/* Until a record has brought something. drained: what the socket had before
 * is all that there is. */
static enum came receive_record(struct stride *s, unsigned side, char *to,
    size_t room, size_t *n, bool drained, enum io *io)
{
	size_t length;

	for (;;) {
		enum came came = next_record(s, side, to, room, n, &length);
		if (came == CAME_DULL)
			continue;
		if (came != CAME_LITTLE)
			return came;
		*io = drained ? IO_WAIT : pull(s, side, length, &drained);
		if (*io != IO_OK)
			return CAME_LITTLE;
	}
}

static enum io outcome(struct stride *s, enum came came, enum io io)
{
	switch (came) {
	case CAME_DATA:
		return IO_OK;
	case CAME_END:
		return IO_END;
	case CAME_LITTLE:
		return io;
	case CAME_NO_PAGE:
		s->starved = true;
		return IO_WAIT;
	default:
		return IO_BROKEN;
	}
}

static size_t take_plain(struct stride *s, unsigned side, char *to,
    size_t room)
{
	struct secure *x = &s->f.side[side];
	size_t n = (size_t)(x->plain_end - x->plain_start);

	if (n > room)
		n = room;
	memcpy(to, page_at(x->plain) + x->plain_start, n);
	x->plain_start = (uint16_t)(x->plain_start + n);
	if (x->plain_start == x->plain_end) {
		page_drop(&s->drop, x->plain);
		x->plain = 0;
		x->plain_start = x->plain_end = 0;
	}
	return n;
}

enum io secure_receive(struct stride *s, unsigned side, char *to, size_t room,
    size_t *moved)
{
	enum io io = IO_OK;
	size_t n = 0;

	*moved = 0;
	/* who receives again and again need not have published meanwhile */
	if (s->drop.n > PAGES_PER_ROW)
		stride_publish(s);
	if (s->f.side[side].plain == 0) {
		enum came came = receive_record(s, side, to, room, &n, false,
		    &io);
		if (came != CAME_DATA)
			return outcome(s, came, io);
	}
	*moved = s->f.side[side].plain ? take_plain(s, side, to, room) : n;
	return IO_OK;
}

enum io secure_peek(struct stride *s, unsigned side)
{
	enum io io = IO_WAIT;
	size_t n;

	if (s->f.side[side].plain)
		return IO_OK;
	enum came came = receive_record(s, side, NULL, 0, &n, true, &io);
	if (came != CAME_LITTLE)
		return outcome(s, came, io);
	/* without a page as long as there is nothing */
	io = stream_peek(records_fd(s, side));
	if (io != IO_OK)
		return io == IO_WAIT ? IO_WAIT : IO_BROKEN;
	came = receive_record(s, side, NULL, 0, &n, false, &io);
	return outcome(s, came, io);
}
