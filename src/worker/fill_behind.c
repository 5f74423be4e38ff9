/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that read more slowly than others want what is fetched. */
#include "worker/fill.h"

#define PAGES 4    /* of the chain that are filled at a time */
#define VECTORS 8

/* Who waits for it would wait for that client, too: they begin anew. Alone it
 * goes on, until somebody comes (fill_wait). */
void fill_stands_still(struct stride *s)
{
	if (!(s->f.flags & FLOW_BEHIND) && fill_is_on(s)
	    && atomic_load(&cache_entry(s->f.fill)->awaited))
		fill_abandon(s);
}

bool fill_falls_behind(struct stride *s)
{
	if (s->f.flags & FLOW_BEHIND)
		return true;
	if (!fill_is_on(s) || cache_state(s->f.fill) != ENTRY_FILLING
	    || s->f.res_kind != BODY_LENGTH
	    || (s->f.flags & (FLOW_CHUNKED_DOWN | FLOW_MUTE)))
		return false;
	s->f.from = s->f.to;
	s->f.flags |= FLOW_BEHIND;
	return true;
}

/* What is shown is published: it stays where it is. */
static size_t copy_some(struct stride *s, const struct iovec *v)
{
	struct slice rest = slice_make(v->iov_base, v->iov_len);

	stride_fill(s, &s->f.out, &rest, PAGES);
	return v->iov_len - rest.n;
}

bool fill_catches_up(struct stride *s)
{
	struct iovec v[VECTORS];
	uint64_t before = s->f.from.at, end;

	if (!(s->f.flags & FLOW_BEHIND) || !fill_is_on(s))
		return false;
	end = atomic_load(&cache_entry(s->f.fill)->length);
	int n = cache_vectors(&s->f.from, s->f.fill, end, v, VECTORS);
	for (int i = 0; i < n; i++) {
		size_t some = copy_some(s, &v[i]);
		cache_seek(&s->f.from, s->f.fill, s->f.from.at + some);
		if (some < v[i].iov_len)
			break;
	}
	if (s->f.from.at == s->f.to.at)
		s->f.flags &= ~(uint32_t)FLOW_BEHIND;
	return s->f.from.at > before;
}

/* The pin before the flow names it, and while nobody else may free it. */
void fill_pin_for_client(struct stride *s)
{
	if (!(s->f.flags & FLOW_BEHIND) || !fill_is_on(s))
		return;
	cache_pin_row(lobby_row(s->c), s->f.fill);
	s->f.entry = s->f.fill;
	s->f.from_end = s->f.to.at;
	s->f.flags &= ~(uint32_t)FLOW_BEHIND;
	s->f.flags |= FLOW_CACHED;
}
