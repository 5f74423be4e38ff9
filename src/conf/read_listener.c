/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of listeners, and of lists of networks. */
#include "conf/heap.h"
#include "conf/read.h"

static void begin(void *object, const char *name, unsigned index)
{
	struct conf_listener *listener = object;

	listener->name = name;
	listener->index = index;
}

void read_listeners(struct load *l, const struct spot *at)
{
	l->conf->listeners = spot_members(l, at, "listener",
	    sizeof(struct conf_listener), &l->conf->nlisteners, begin);
}

void read_addresses(struct load *l, const struct spot *at)
{
	struct conf_listener *to = at->base;
	unsigned n = spot_count(l, at);
	uint16_t port = read_has_tls(at->setting) ? 443 : 80;

	to->addresses = heap_alloc(l->conf, n, sizeof *to->addresses);
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		struct addr *a = &to->addresses[to->naddresses];
		const char *text = spot_text(l, &item);
		const char *wrong = text ? addr_parse(slice_str(text), port,
		    a) : NULL;
		if (wrong)
			spot_bad(l, &item, "has \"%s\", which %s", text,
			    wrong);
		if (text && !wrong)
			load_mark(l, &to->addresses[to->naddresses++],
			    item.setting);
	}
	if (n == 0)
		spot_bad(l, at, "is an empty list");
}

void read_networks(struct load *l, const struct spot *at)
{
	struct conf_networks *to = spot_target(at);
	unsigned n = spot_count(l, at);

	*to = (struct conf_networks){heap_alloc(l->conf, n, sizeof *to->at),
		0};
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		const char *text = spot_text(l, &item);
		const char *wrong = text ? network_parse(slice_str(text),
		    &to->at[to->n]) : NULL;
		if (wrong)
			spot_bad(l, &item, "has \"%s\", which %s", text,
			    wrong);
		if (text && !wrong)
			to->n++;
	}
}
