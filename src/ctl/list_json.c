/* SPDX-License-Identifier: BSD-2-Clause */
/* What list.c prints, as JSON objects. */
#include "ctl/list_json.h"

#include "ctl/cachectl.h"
#include "ctl/json.h"

/* "{", and the fields of that line. */
static void open_line(const struct answer *a, unsigned line)
{
	struct record r;

	answer_record(a, line, &r);
	putchar('{');
	json_fields(stdout, &r);
}

static void put_kind(const struct answer *a, const char *kind)
{
	struct record r;
	const char *comma = "";

	for (unsigned i = 0; i < a->nlines; i++) {
		answer_record(a, i, &r);
		if (!record_is(&r, kind))
			continue;
		printf("%s{", comma);
		json_fields(stdout, &r);
		putchar('}');
		comma = ",";
	}
}

static void put_backends(const struct list_choice *c,
    const struct status_pool *p)
{
	const char *comma = "";

	for (unsigned i = 0; i < p->n; i++) {
		const struct status_backend *b = &p->backends[i];

		if (c->name.n && !status_is_member(b, c->name))
			continue;
		fputs(comma, stdout);
		open_line(c->answer, b->line);
		putchar('}');
		comma = ",";
	}
}

/* What the pool says of itself is a number, of how many backends it has:
 * in JSON that is the list's length. */
static void put_pool(const struct list_choice *c, const struct status_pool *p)
{
	struct record r;
	unsigned n = 0;

	answer_record(c->answer, p->line, &r);
	for (unsigned i = 0; i < r.n; i++)
		if (!slice_eq(r.fields[i].key, SLICE("backends")))
			r.fields[n++] = r.fields[i];
	r.n = n;
	putchar('{');
	json_fields(stdout, &r);
	printf("%s\"backends\":[", n ? "," : "");
	put_backends(c, p);
	fputs("]}", stdout);
}

void list_json(const struct list_choice *c)
{
	const struct status *s = c->status;
	const char *comma = "";

	fputs("{\"master\":", stdout);
	if (s->has_master)
		open_line(c->answer, s->master);
	else
		putchar('{');
	fputs("},\"generations\":[", stdout);
	put_kind(c->answer, "generation");
	fputs("],\"processes\":[", stdout);
	put_kind(c->answer, "process");
	fputs("],\"certificates\":[", stdout);
	put_kind(c->answer, "certificate");
	putchar(']');
	cachectl_json(c->answer);
	fputs(",\"pools\":[", stdout);
	for (unsigned i = 0; i < s->npools; i++) {
		if (c->pool && c->pool != &s->pools[i])
			continue;
		fputs(comma, stdout);
		put_pool(c, &s->pools[i]);
		comma = ",";
	}
	fputs("]}\n", stdout);
}

void list_json_changes(const struct answer *a)
{
	fputs("{\"ok\":true,\"changes\":[", stdout);
	put_kind(a, "change");
	fputs("]}\n", stdout);
}
