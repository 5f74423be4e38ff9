/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the keys of TLS, and of the PROXY protocol. */
#include "conf/dump.h"
#include "conf/words.h"

void write_tls(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_tls *tls = dump_source(k, base);

	if (tls->on)
		dump_members(d, k, tls);
	else
		dump_false(d, k);
}

void write_certificates(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_tls *tls = base;

	dump_list(d, k, tls->certificates, tls->ncertificates,
	    sizeof *tls->certificates);
}

void write_version(struct dump *d, const struct keyword *k, const void *base)
{
	const unsigned *version = dump_source(k, base);

	dump_text(d, k->name,
	    slice_str(words_name(words_version, (int)*version)));
}

void write_verify(struct dump *d, const struct keyword *k, const void *base)
{
	const enum conf_verify *verify = dump_source(k, base);

	dump_text(d, k->name,
	    slice_str(words_name(words_verify, (int)*verify)));
}

void write_suites(struct dump *d, const struct keyword *k, const void *base)
{
	write_text(d, k, base);
}

void write_hsts(struct dump *d, const struct keyword *k, const void *base)
{
	const uint64_t *hsts = dump_source(k, base);

	if (*hsts)
		write_time(d, k, base);
	else
		dump_false(d, k);
}

void write_proxy(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_listener *listener = base;

	if (listener->proxy_protocol && listener->proxy_peers.n) {
		write_networks(d, k, base);
		return;
	}
	dump_indent(d);
	fprintf(d->to, "%s = %s;\n", k->name, listener->proxy_protocol
	    ? "true" : "false");
}

void write_gates(struct dump *d, const struct keyword *k, const void *base)
{
	const unsigned *gates = dump_source(k, base);

	if (*gates)
		write_count(d, k, base);
	else
		dump_text(d, k->name, SLICE("auto"));
}

void write_pool_tls(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_pool_tls *tls = dump_source(k, base);

	if (tls->on)
		dump_members(d, k, tls);
	else
		dump_false(d, k);
}

void write_server(struct dump *d, const struct keyword *k, const void *base)
{
	const struct slice *name = dump_source(k, base);

	if (name->n)
		dump_text(d, k->name, *name);
}
