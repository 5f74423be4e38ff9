/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of plain values and of listeners. */
#include <inttypes.h>

#include "conf/dump.h"
#include "conf/value.h"

static uint64_t fetch(const struct keyword *k, const void *base)
{
	uint64_t v;
	uint32_t narrow;
	uint16_t port;

	if (k->width == sizeof v) {
		memcpy(&v, dump_source(k, base), sizeof v);
		return v;
	}
	if (k->width == sizeof port) {
		memcpy(&port, dump_source(k, base), sizeof port);
		return port;
	}
	memcpy(&narrow, dump_source(k, base), sizeof narrow);
	return narrow;
}

/* The number of connections may be lowered to what the machine allows only
 * while nobody gave it: written down, it would be given. */
void write_count(struct dump *d, const struct keyword *k, const void *base)
{
	bool ours = strcmp(k->name, "connections") == 0
	    && !d->conf->connections_given;
	uint64_t v = fetch(k, base);

	/* None was given, and none worked out. */
	if (v == 0 && keyword_is_prose(k))
		return;
	dump_indent(d);
	fprintf(d->to, "%s%s = %" PRIu64 ";\n", ours ? "# " : "", k->name, v);
}

/* What the listener says cannot be said by a size. */
void write_size(struct dump *d, const struct keyword *k, const void *base)
{
	char text[VALUE_TEXT];
	uint64_t v = fetch(k, base);

	if (v != CONF_OF_LISTENER)
		dump_text(d, k->name, slice_str(value_format_size(v, text)));
}

void write_time(struct dump *d, const struct keyword *k, const void *base)
{
	char text[VALUE_TEXT];

	dump_text(d, k->name,
	    slice_str(value_format_time(fetch(k, base), text)));
}

void write_rate(struct dump *d, const struct keyword *k, const void *base)
{
	char text[VALUE_TEXT];

	dump_text(d, k->name,
	    slice_str(value_format_rate(fetch(k, base), text)));
}

void write_share(struct dump *d, const struct keyword *k, const void *base)
{
	char text[VALUE_TEXT];

	dump_text(d, k->name,
	    slice_str(value_format_share(fetch(k, base), text)));
}

void write_percent(struct dump *d, const struct keyword *k, const void *base)
{
	dump_indent(d);
	fprintf(d->to, "%s = \"%" PRIu64 "%%\";\n", k->name, fetch(k, base));
}

void write_bool(struct dump *d, const struct keyword *k, const void *base)
{
	const bool *v = dump_source(k, base);

	dump_indent(d);
	fprintf(d->to, "%s = %s;\n", k->name, *v ? "true" : "false");
}

void write_text(struct dump *d, const struct keyword *k, const void *base)
{
	const char *const *text = dump_source(k, base);

	if (*text)
		dump_text(d, k->name, slice_str(*text));
}

void write_name(struct dump *d, const struct keyword *k, const void *base)
{
	write_text(d, k, base);
}

void write_file(struct dump *d, const struct keyword *k, const void *base)
{
	const char *const *text = dump_source(k, base);

	if (*text)
		dump_text(d, k->name, slice_str(*text));
	else
		dump_false(d, k);
}

void write_group(struct dump *d, const struct keyword *k, const void *base)
{
	dump_members(d, k, dump_source(k, base));
}

void write_listeners(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf *conf = base;

	dump_open(d, k->name);
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		dump_open(d, conf->listeners[i].name);
		dump_group(d, "listeners.NAME", &conf->listeners[i]);
		dump_close(d);
	}
	dump_close(d);
}

void write_addresses(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_listener *c = base;
	char text[ADDR_TEXT];

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < c->naddresses; i++) {
		size_t n = addr_format(&c->addresses[i], text);
		fputs(i ? ", " : " ", d->to);
		dump_quoted(d, slice_make(text, n));
	}
	fputs(" ];\n", d->to);
}

static void print_network(struct dump *d, const struct network *net)
{
	static const uint8_t v4[12] = {[10] = 0xff, [11] = 0xff};
	struct addr a = {.len = sizeof a.in6};
	char text[ADDR_TEXT];
	bool is_v4 = net->bits >= 96 && memcmp(net->bytes, v4, 12) == 0;

	if (net->bits > 128) {
		fputs("\"unix:\"", d->to);
		return;
	}
	a.in6.sin6_family = AF_INET6;
	memcpy(&a.in6.sin6_addr, net->bytes, sizeof net->bytes);
	addr_format_ip(&a, text);
	fprintf(d->to, "\"%s/%u\"", text, net->bits - (is_v4 ? 96 : 0));
}

void write_networks(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_networks *list = dump_source(k, base);

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < list->n; i++) {
		fputs(i ? ", " : " ", d->to);
		print_network(d, &list->at[i]);
	}
	fputs(" ];\n", d->to);
}
