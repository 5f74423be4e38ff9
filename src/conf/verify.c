/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be said only of the whole configuration. */
#include "conf/verify.h"

#include <stdlib.h>

#include "conf/changes.h"
#include "conf/defaults.h"
#include "conf/hosts.h"
#include "conf/load.h"
#include "conf/verify_cache.h"
#include "conf/verify_pool.h"
#include "conf/verify_route.h"

/* One address of a listener, for sorting. */
struct bound {
	const struct addr *address;
	const struct conf_listener *listener;
};

static int by_address(const void *a, const void *b)
{
	const struct bound *x = a, *y = b;
	int order = memcmp(x->address, y->address, sizeof *x->address);

	/* The order in the file, so that the second is the wrong one. */
	if (order == 0 && x->listener != y->listener)
		return x->listener < y->listener ? -1 : 1;
	return order ? order : x->address < y->address ? -1
	    : x->address > y->address;
}

static void report_bound(struct load *l, const struct bound *a,
    const struct bound *b)
{
	char text[ADDR_TEXT];

	addr_format(b->address, text);
	report_error(&l->report, load_line(l, b->address), "listener \"%s\" "
	    "has the address %s, which %s\"%s\" has already",
	    b->listener->name, text, a->listener == b->listener ? ""
	    : "listener ", a->listener->name);
}

static bool takes_all(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
	return a->sa.sa_family == AF_INET
	    && a->in.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* The kernel would not bind b beside a: [::] is of both families. */
static bool covers(const struct addr *a, const struct addr *b)
{
	return takes_all(a) && b->sa.sa_family != AF_UNIX && !addr_eq(a, b)
	    && addr_port(a) == addr_port(b)
	    && (a->sa.sa_family == AF_INET6 || b->sa.sa_family == AF_INET);
}

static void report_covered(struct load *l, const struct bound *a,
    const struct bound *b)
{
	char text[ADDR_TEXT], all[ADDR_TEXT];

	addr_format(b->address, text);
	addr_format(a->address, all);
	report_error(&l->report, load_line(l, b->address), "listener \"%s\" "
	    "has the address %s, which is a part of %s%s", b->listener->name,
	    text, all, a->address->sa.sa_family == AF_INET6
	    ? ", that is, \"*\"; one of the two is enough"
	    : "; one of the two is enough");
}

static void verify_covered(struct load *l, const struct bound *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!takes_all(all[i].address)
		    || (i && addr_eq(all[i - 1].address, all[i].address)))
			continue;
		for (size_t k = 0; k < n; k++)
			if (covers(all[i].address, all[k].address))
				report_covered(l, &all[i], &all[k]);
	}
}

static void verify_listeners(struct load *l)
{
	struct conf *conf = l->conf;
	size_t n = 0, room = 1;

	for (unsigned i = 0; i < conf->nlisteners; i++)
		room += conf->listeners[i].naddresses;
	struct bound *all = calloc(room, sizeof *all);
	if (all == NULL)
		die("out of memory");
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *c = &conf->listeners[i];
		for (unsigned j = 0; j < c->naddresses; j++)
			all[n++] = (struct bound){&c->addresses[j], c};
	}
	qsort(all, n, sizeof *all, by_address);
	for (size_t i = 1; i < n; i++)
		if (addr_eq(all[i - 1].address, all[i].address))
			report_bound(l, &all[i - 1], &all[i]);
	verify_covered(l, all, n);
	free(all);
}

static void verify_tls_addresses(struct load *l,
    const struct conf_listener *c)
{
	for (unsigned i = 0; i < c->naddresses; i++) {
		unsigned line = load_line(l, &c->addresses[i]);
		if (c->tls.on && c->addresses[i].sa.sa_family == AF_UNIX)
			report_error(&l->report, line, "listener \"%s\" "
			    "has TLS at a unix socket; TLS is for TCP only",
			    c->name);
		else if (!c->tls.on && addr_port(&c->addresses[i]) == 443
		    && l->report.errors == 0)
			report_warning(&l->report, line, "listener \"%s\" "
			    "has no \"tls\": it speaks plain HTTP at port "
			    "443", c->name);
	}
}

/* A redirect needs a place to lead to, and must not lead to itself. */
static void verify_redirects(struct load *l)
{
	const struct conf *conf = l->conf;
	unsigned gated = 0;

	for (unsigned i = 0; i < conf->nlisteners; i++)
		gated += conf->listeners[i].tls.on;
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *c = &conf->listeners[i];
		verify_tls_addresses(l, c);
		if (!c->redirect_https)
			continue;
		if (c->tls.on)
			report_error(&l->report, load_line(l, c), "listener "
			    "\"%s\" has TLS itself: \"redirect_https\" is "
			    "for a listener without", c->name);
		else if (gated == 0)
			report_error(&l->report, load_line(l, c), "listener "
			    "\"%s\" has \"redirect_https\", but no listener "
			    "has \"tls\"", c->name);
	}
}

static unsigned line_of(const struct load *l, const char *path)
{
	const config_setting_t *s = config_lookup(&l->file, path);

	return s ? config_setting_source_line(s) : 0;
}

static void verify_workers(struct load *l)
{
	if (l->conf->workers_min > l->conf->workers_max)
		report_error(&l->report, line_of(l, "workers.min"),
		    "\"min\" in workers is %u, more than \"max\", which is "
		    "%u", l->conf->workers_min, l->conf->workers_max);
}

void verify(struct load *l)
{
	struct conf *conf = l->conf;

	changes_apply(l);
	defaults_fill(l);
	verify_workers(l);
	verify_listeners(l);
	verify_redirects(l);
	verify_pools(l);
	verify_cache(l);
	if (conf->nlisteners == 0 && l->report.errors == 0)
		report_error(&l->report, 0, "there is no listener; write "
		    "listeners = { http = { address = \"*:80\"; }; };");
	hosts_index(l);
	for (unsigned i = 0; i < conf->nsites; i++)
		verify_templates(l, &conf->sites[i]);
	/* A route that is half read may seem to take everything. */
	for (unsigned i = 0; i < conf->nsites && l->report.errors == 0; i++)
		verify_routes(l, &conf->sites[i]);
}
