/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the client of a request is. */
#include "worker/client.h"

#include "http/forward.h"

typedef bool prev_address(struct slice *rest, struct addr *out);

/* True when the walk is over: an address that nobody vouches for was found,
 * or something that is no address. */
static bool walk_value(struct request *r, struct slice value,
    prev_address *prev)
{
	while (value.p != NULL && value.n > 0) {
		struct addr a;
		if (!prev(&value, &a))
			return true;
		r->client = a;
		if (!conf_is_among(&r->listener->trusted_proxies, &a))
			return true;
	}
	return false;
}

static void walk(struct request *r, enum field_id id, prev_address *prev)
{
	for (unsigned i = r->head.nfields; i-- > 0;) {
		const struct field *f = &r->head.fields[i];
		if (f->id == id && walk_value(r, f->value, prev))
			return;
	}
}

void client_find(struct request *r, const struct conn *c)
{
	r->client = conn_from(c);
	r->trusted = conf_is_among(&r->listener->trusted_proxies, &r->client);
	if (!r->trusted)
		return;
	if (head_has(&r->head, FIELD_X_FORWARDED_FOR))
		walk(r, FIELD_X_FORWARDED_FOR, forward_prev_address);
	else if (head_has(&r->head, FIELD_FORWARDED))
		walk(r, FIELD_FORWARDED, forward_prev_for);
}
