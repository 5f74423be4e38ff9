/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the keys of pools. */
#include "conf/dump.h"

void write_pools(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf *conf = base;

	dump_open(d, k->name);
	for (unsigned i = 0; i < conf->npools; i++) {
		dump_open(d, conf->pools[i].name);
		dump_group(d, "pools.NAME", &conf->pools[i]);
		dump_close(d);
	}
	dump_close(d);
}

void write_backends(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_pool *pool = base;
	dump_list(d, k, pool->backends, pool->nbackends,
	    sizeof *pool->backends);
}

void write_address(struct dump *d, const struct keyword *k, const void *base)
{
	char text[ADDR_TEXT];
	size_t n = addr_format(dump_source(k, base), text);

	dump_text(d, k->name, slice_make(text, n));
}

void write_balance(struct dump *d, const struct keyword *k, const void *base)
{
	(void)base;
	dump_text(d, k->name, SLICE("round-robin"));
}

void write_host(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;

	dump_text(d, k->name, pool->host == CONF_HOST_NAME ? pool->host_name
	    : pool->host == CONF_HOST_BACKEND ? SLICE("backend")
	    : SLICE("preserve"));
}

void write_retry(struct dump *d, const struct keyword *k, const void *base)
{
	static const char *const names[] = {"connect", "timeout", "reset",
		"502", "503", "504"};
	const unsigned *on = dump_source(k, base);
	bool first = true;

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!(*on & 1u << i))
			continue;
		fprintf(d->to, "%s\"%s\"", first ? " " : ", ", names[i]);
		first = false;
	}
	fputs(" ];\n", d->to);
}
