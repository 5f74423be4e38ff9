/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names: what is one, and which site has it. */
#include "conf/hosts.h"

#include <stdlib.h>

#include "base/addr.h"
#include "conf/heap.h"
#include "conf/load.h"

#define HOST_BYTES 253
#define LABEL_BYTES 63

static bool is_label(struct slice s)
{
	if (s.n == 0 || s.n > LABEL_BYTES || s.p[0] == '-'
	    || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')
		    && c != '-' && c != '_')
			return false;
	}
	return true;
}

const char *hosts_check(struct slice host)
{
	static const char rule[] = "is no host; write \"shop.example\", "
		"\"*.shop.example\" or \"*\"";
	struct slice rest = host;
	struct addr a;

	if (slice_eq(host, SLICE("*")))
		return NULL;
	if (host.n && host.p[0] == '[')
		return addr_parse_ip(host, &a) ? NULL : rule;
	if (host.n == 0 || host.n > HOST_BYTES)
		return rule;
	if (memchr(host.p, ':', host.n))
		return "has a port; a host is written without";
	if (slice_starts(host, SLICE("*.")))
		rest = slice_make(host.p + 2, host.n - 2);
	do {
		if (!is_label(slice_cut(&rest, '.')))
			return rule;
	} while (rest.p);
	return NULL;
}

static int compare(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int by_host(const void *a, const void *b)
{
	const struct conf_host_entry *x = a, *y = b;
	int order = compare(x->host, y->host);

	/* The order in the file, so that the second is the wrong one. */
	return order ? order : x->site < y->site ? -1 : x->site > y->site;
}

static void report_twice(struct load *l, const struct conf_host_entry *a,
    const struct conf_host_entry *b)
{
	struct slice host = a->host;

	report_error(&l->report, load_line(l, b->site),
	    "site \"%s\" has the host \"%s%.*s\", which %s\"%s\" has already",
	    b->site->name, host.p[0] == '.' ? "*" : "", SLICE_FMT(host),
	    a->site == b->site ? "" : "site ", a->site->name);
}

static void add_hosts(struct load *l, const struct conf_site *site)
{
	struct conf *conf = l->conf;

	for (unsigned i = 0; i < site->hosts.n; i++) {
		struct slice host = site->hosts.at[i];
		if (!slice_eq(host, SLICE("*"))) {
			conf->hosts[conf->nhosts++] =
			    (struct conf_host_entry){host, site};
			continue;
		}
		if (conf->any)
			report_twice(l,
			    &(struct conf_host_entry){host, conf->any},
			    &(struct conf_host_entry){host, site});
		else
			conf->any = site;
	}
}

void hosts_index(struct load *l)
{
	struct conf *conf = l->conf;
	size_t n = 0;

	for (unsigned i = 0; i < conf->nsites; i++)
		n += conf->sites[i].hosts.n;
	conf->hosts = heap_alloc(conf, n, sizeof *conf->hosts);
	for (unsigned i = 0; i < conf->nsites; i++)
		add_hosts(l, &conf->sites[i]);
	if (conf->nhosts == 0)
		return;
	qsort(conf->hosts, conf->nhosts, sizeof *conf->hosts, by_host);
	for (unsigned i = 1; i < conf->nhosts; i++)
		if (slice_eq(conf->hosts[i - 1].host, conf->hosts[i].host))
			report_twice(l, &conf->hosts[i - 1], &conf->hosts[i]);
}

static const struct conf_site *find(const struct conf *conf,
    struct slice host)
{
	unsigned low = 0, high = conf->nhosts;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int order = compare(host, conf->hosts[mid].host);
		if (order == 0)
			return conf->hosts[mid].site;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct conf_site *conf_find_site(const struct conf *conf,
    struct slice host)
{
	const struct conf_site *site;

	/* Longer names are none, and a leading dot would be a wildcard. */
	if (host.n == 0 || host.n > HOST_BYTES || host.p[0] == '.')
		return conf->any;
	site = find(conf, host);
	for (size_t i = 1; site == NULL && i < host.n; i++)
		if (host.p[i] == '.')
			site = find(conf,
			    slice_make(host.p + i, host.n - i));
	return site ? site : conf->any;
}

bool conf_names_host(const struct conf *conf, struct slice host)
{
	return host.n > 0 && host.p[0] != '.' && find(conf, host) != NULL;
}
