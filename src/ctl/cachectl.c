/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the cache, and how it is shown. */
#include "ctl/cachectl.h"

#include <inttypes.h>
#include <stdio.h>

#include "ctl/ask.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/orders.h"
#include "ctl/show.h"
#include "ctl/table.h"

static const struct {
	const char *heading, *key;
} counters[] = {
	{"HITS", "hits"},
	{"MISSES", "misses"},
	{"PASSES", "passes"},
	{"STALE", "stale"},
	{"COLLAPSED", "collapsed"},
	{"RENEWED", "renewed"},
	{"STORED", "stored"},
};

#define COUNTERS (sizeof counters / sizeof counters[0])

static int64_t number_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_find(r, key);

	return f && f->is_number ? f->number : 0;
}

/* False if there is no such record. */
static bool find(const struct answer *a, const char *kind, struct record *to)
{
	for (unsigned i = 0; i < a->nlines; i++) {
		answer_record(a, i, to);
		if (record_is(to, kind))
			return true;
	}
	return false;
}

/* ---- What it has ---- */

static const char *show_bytes(char to[SHOW_BYTES], int64_t n)
{
	static const char units[] = "BKMGT";
	unsigned u = 0;

	if (n < 0)
		n = 0;
	for (; n >= 10240 && u < 4; u++)
		n /= 1024;
	snprintf(to, SHOW_BYTES, "%" PRId64 "%c", n, units[u]);
	return to;
}

void cachectl_print(const struct answer *answer)
{
	char used[SHOW_BYTES], bytes[SHOW_BYTES];
	struct record r;

	if (!find(answer, "cache", &r))
		return;
	printf("\ncache: %s of %s used, %" PRId64 " responses, %" PRId64
	    " on their way, %" PRId64 " evicted, %" PRId64 " bans\n",
	    show_bytes(used, number_of(&r, "used")),
	    show_bytes(bytes, number_of(&r, "bytes")),
	    number_of(&r, "entries"), number_of(&r, "busy"),
	    number_of(&r, "evicted"), number_of(&r, "bans"));
}

static void print_area(const struct record *r)
{
	char text[SHOW_BYTES];

	printf("size %s", show_bytes(text, number_of(r, "size")));
	if (record_text(r, "file").n) {
		printf(", in ");
		show_plain(stdout, record_text(r, "file"));
	}
	printf("\nused %s", show_bytes(text, number_of(r, "used")));
	printf(" of %s\n", show_bytes(text, number_of(r, "bytes")));
	printf("responses %" PRId64 " of %" PRId64 ", %" PRId64
	    " on their way, %" PRId64 " condemned\n", number_of(r, "entries"),
	    number_of(r, "room_for"), number_of(r, "busy"),
	    number_of(r, "condemned"));
	printf("evicted %" PRId64 ", without room %" PRId64 ", damaged %"
	    PRId64 "\n", number_of(r, "evicted"), number_of(r, "refused"),
	    number_of(r, "damaged"));
	printf("bans %" PRId64 ", banned %" PRId64 "\n", number_of(r, "bans"),
	    number_of(r, "banned"));
}

static void print_routes(const struct answer *a)
{
	char text[SHOW_BYTES];
	struct record r;
	struct table t;

	table_init(&t, "lrrrrrrrr");
	table_str(&t, "ROUTE");
	for (size_t k = 0; k < COUNTERS; k++)
		table_str(&t, counters[k].heading);
	table_str(&t, "SAVED");
	for (unsigned i = 0; i < a->nlines; i++) {
		answer_record(a, i, &r);
		if (!record_is(&r, "cached_route"))
			continue;
		table_put(&t, record_text(&r, "name"));
		for (size_t k = 0; k < COUNTERS; k++)
			table_number(&t, number_of(&r, counters[k].key));
		table_str(&t, show_bytes(text, number_of(&r, "bytes_saved")));
	}
	if (table_rows(&t) > 1) {
		putchar('\n');
		table_print(&t, stdout);
	}
	table_fini(&t);
}

static void put_routes(const struct answer *a)
{
	const char *comma = "";
	struct record r;

	for (unsigned i = 0; i < a->nlines; i++) {
		answer_record(a, i, &r);
		if (!record_is(&r, "cached_route"))
			continue;
		printf("%s{", comma);
		json_fields(stdout, &r);
		putchar('}');
		comma = ",";
	}
}

void cachectl_json(const struct answer *a)
{
	struct record r;

	if (!find(a, "cache", &r))
		return;
	fputs(",\"cache\":{", stdout);
	json_fields(stdout, &r);
	printf("%s\"routes\":[", r.n ? "," : "");
	put_routes(a);
	fputs("]}", stdout);
}

int cachectl_status(const struct args *a)
{
	struct answer answer;
	struct record r;
	int code = ask(&answer, a, "cache status");

	if (code != CTL_FINE)
		return code;
	if (a->json) {
		fputs("{\"ok\":true", stdout);
		cachectl_json(&answer);
		fputs("}\n", stdout);
	} else if (find(&answer, "cache", &r)) {
		print_area(&r);
		print_routes(&answer);
	}
	answer_fini(&answer);
	return CTL_FINE;
}

/* ---- Orders ---- */

static void add_word(struct args *a, const char *word)
{
	a->words[a->nwords++] = word;
}

int cachectl_purge(const struct args *a)
{
	char command[CTL_COMMAND_MAX];
	struct args said = *a;
	struct answer answer;
	struct record r;

	if (a->given & ARGS_SOFT)
		add_word(&said, "soft");
	int code = orders_format(command, &said, "cache purge");
	if (code == CTL_FINE)
		code = ask(&answer, a, command);
	if (code != CTL_FINE)
		return code;
	int64_t n = find(&answer, "cache", &r) ? number_of(&r, "purged") : 0;
	printf(a->json ? "{\"ok\":true,\"purged\":%" PRId64 "}\n"
	    : "purged %" PRId64 "\n", n);
	answer_fini(&answer);
	return CTL_FINE;
}

/* One of them; a host may say which of the others are meant. */
static const char *kind_of(const struct args *a, const char **text)
{
	const struct {
		const char *kind, *text;
	} given[] = {{"prefix", a->prefix}, {"re", a->re}, {"tag", a->tag}};
	const char *kind = NULL;

	for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
		if (given[i].text == NULL)
			continue;
		if (kind)
			return NULL;
		kind = given[i].kind;
		*text = given[i].text;
	}
	if (kind == NULL)
		*text = a->host;
	return kind ? kind : a->host ? "host" : NULL;
}

int cachectl_ban(const struct args *a)
{
	char command[CTL_COMMAND_MAX], host[CTL_COMMAND_MAX];
	struct args said = *a;
	const char *text, *kind = kind_of(a, &text);

	if (kind == NULL)
		return ask_fail(a, CTL_USAGE, "usage", "what is banned is said "
		    "by one of --prefix, --re and --tag, or by --host");
	add_word(&said, kind);
	add_word(&said, text);
	if (a->host && text != a->host) {
		snprintf(host, sizeof host, "host=%s", a->host);
		add_word(&said, host);
	}
	if (a->given & ARGS_SOFT)
		add_word(&said, "soft");
	int code = orders_format(command, &said, "cache ban");
	if (code == CTL_FINE)
		code = orders_send(a, command);
	return code == CTL_FINE ? ask_done(a) : code;
}
