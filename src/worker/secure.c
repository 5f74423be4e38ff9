/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages and keys of the sides of a row that are in records. */
#include "worker/secure.h"

#include "worker/records.h"

uint32_t records_page(struct stride *s, size_t n)
{
	uint32_t page = stride_spare_page(s, n > PAGE_SMALL ? PAGE_IS_LARGE
	    : PAGE_IS_SMALL);

	if (page == 0)
		s->starved = true;
	return page;
}

/* Two updates between two publications would write the set that the row still
 * has in use. */
void records_settle_keys(struct stride *s, unsigned side)
{
	const struct secure *now = &s->f.side[side];
	const struct secure *known = &conn_flow(s->c)->side[side];

	if (known->rkey != now->rkey || known->wkey != now->wkey)
		stride_publish(s);
}

bool secure_is_pending(const struct stride *s, unsigned side)
{
	const struct secure *x = &s->f.side[side];
	enum record_alert alert;
	size_t length;

	if (!secure_is_on(s, side))
		return false;
	if (x->plain || (x->flags & (SECURE_ENDED | SECURE_BROKEN)))
		return true;
	return x->raw && record_look(&records_session(s, side)->keys,
	    page_at(x->raw) + x->raw_start, (size_t)(x->raw_end
	    - x->raw_start), &length, &alert) != RECORD_MORE;
}

static void drop_page(struct stride *s, uint32_t *page, uint16_t *start,
    uint16_t *end)
{
	page_drop(&s->drop, *page);
	*page = 0;
	*start = *end = 0;
}

void secure_drop(struct stride *s, unsigned side)
{
	struct secure *x = &s->f.side[side];

	drop_page(s, &x->raw, &x->raw_start, &x->raw_end);
	drop_page(s, &x->plain, &x->plain_start, &x->plain_end);
	chain_clear(&x->sealed, &s->drop);
}

void secure_tidy(struct stride *s)
{
	for (unsigned side = SIDE_CLIENT; side <= SIDE_BACKEND; side++) {
		struct secure *x = &s->f.side[side];
		if (secure_is_on(s, side) && x->raw
		    && x->raw_start == x->raw_end)
			drop_page(s, &x->raw, &x->raw_start, &x->raw_end);
	}
}
