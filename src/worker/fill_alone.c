/* SPDX-License-Identifier: BSD-2-Clause */
/* Responses that go on for the cache when their client has gone. */
#include "base/fault.h"
#include "worker/fill.h"

#define REST_MOST (1u << 20) /* bytes that are fetched for nobody */

/* Half of it is here, or the rest costs little. */
static bool is_worth_it(const struct stride *s)
{
	const struct entry *e = cache_entry(s->f.fill);

	if (atomic_load(&e->awaited))
		return true;
	if (cache_state(s->f.fill) != ENTRY_FILLING
	    || e->total == CACHE_UNKNOWN)
		return false;
	return e->total - s->f.to.at <= REST_MOST
	    || s->f.to.at >= e->total / 2;
}

bool fill_goes_on_alone(struct stride *s)
{
	if (s->f.flags & FLOW_MUTE)
		return true;
	if (!fill_is_on(s) || !is_worth_it(s))
		return false;
	s->f.flags |= FLOW_MUTE | FLOW_CLOSE;
	s->f.flags &= ~(uint32_t)(FLOW_LINGER | FLOW_BEHIND);
	s->f.cause = CAUSE_CLIENT_GONE;
	chain_clear(&s->f.out, &s->drop);
	FAULT(fill_muted);
	stride_publish(s);
	return true;
}
