/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache did, said in responses that are relayed. */
#include "http/cachestatus.h"
#include "worker/edit.h"
#include "worker/fill.h"

/* Why it was not the cache that answered. */
static enum cachestatus_fwd reason_of(const struct request *r)
{
	struct cachecontrol asked;

	if (r->head.method_id != METHOD_GET && r->head.method_id != METHOD_HEAD)
		return FWD_METHOD;
	if (r->forwarded != FWD_NONE)
		return (enum cachestatus_fwd)r->forwarded;
	cachecontrol_of(&r->head, true, &asked);
	return asked.no_store ? FWD_REQUEST : FWD_BYPASS;
}

void fill_put_status(struct buf *b, const struct stride *s, unsigned status)
{
	const struct conf_policy *p = &s->r->route->policy;
	const struct slice name = field_name(FIELD_CACHE_STATUS);
	struct cachestatus c = {.fwd = reason_of(s->r), .fwd_status = status,
	    .stored = fill_is_on(s)};

	if (p->cache.status_header && !edit_is_among(&p->hide, name)
	    && !edit_drops(&p->response, name))
		cachestatus_put(b, &c);
}
