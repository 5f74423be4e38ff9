/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of the configuration with what the request puts in "{ }". */
#include "worker/expand.h"

#include "worker/compose.h"
#include "worker/regex.h"

static void put_query(struct buf *b, const struct request *r)
{
	bool asked = b->at > b->start && b->at[-1] == '?';

	if (r->uri.query.n)
		uri_put_query(b, r->uri.query);
	else if (asked)
		b->at--;
}

static void put_client(struct buf *b, const struct request *r)
{
	char text[ADDR_TEXT];

	buf_put(b, text, addr_format_ip(&r->client, text));
}

/* HTTP/1.0 need not say one: then the site's first that is no pattern. */
static struct slice host_of(const struct request *r)
{
	const struct conf_list *hosts = &r->site->hosts;

	if (r->host.n)
		return r->host;
	for (unsigned i = 0; i < hosts->n; i++)
		if (hosts->at[i].p[0] != '.' && hosts->at[i].p[0] != '*')
			return hosts->at[i];
	return r->host;
}

bool expand_lacks_host(const struct request *r, const struct conf_template *t)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->at[i].kind == PLACE_HOST && host_of(r).n == 0)
			return true;
	return false;
}

/* In small letters, as it was said by a proxy, perhaps, that is trusted. */
static struct slice scheme_of(const struct request *r)
{
	struct slice asked = compose_scheme_asked(r);

	if (asked.n == 0)
		return compose_scheme(r);
	return asked.n == strlen("https") ? SLICE("https") : SLICE("http");
}

static void put_part(struct buf *b, const struct request *r,
    const struct conf_part *part, const struct captures *groups,
    struct slice subject)
{
	switch ((enum conf_place)part->kind) {
	case PLACE_TEXT:
		buf_slice(b, part->text);
		break;
	case PLACE_SCHEME:
		buf_slice(b, scheme_of(r));
		break;
	case PLACE_HOST:
		buf_slice(b, host_of(r));
		break;
	case PLACE_PATH:
		uri_put_path(b, r->uri.path);
		break;
	case PLACE_QUERY:
		put_query(b, r);
		break;
	case PLACE_REST:
		uri_put_path(b, r->rest);
		break;
	case PLACE_CLIENT:
		put_client(b, r);
		break;
	case PLACE_CAPTURE:
		uri_put_path(b, regex_group(groups, subject, part->number));
		break;
	case PLACE_COUNT:
		break;
	}
}

void expand_put(struct buf *b, const struct request *r,
    const struct conf_template *t, const struct captures *groups,
    struct slice subject)
{
	for (unsigned i = 0; i < t->n; i++)
		put_part(b, r, &t->at[i], groups, subject);
}

void expand_for_route(struct buf *b, const struct request *r,
    const struct conf_template *t)
{
	expand_put(b, r, t, &r->captures, r->path);
}

/* RFC 9110, 10.2.2: a path alone may not look like an authority. */
void expand_redirect(struct buf *b, const struct request *r)
{
	char *from = b->at;

	expand_for_route(b, r, &r->route->redirect.to);
	size_t slashes = 0, n = (size_t)(b->at - from);
	while (slashes < n && from[slashes] == '/')
		slashes++;
	if (slashes > 1) {
		memmove(from, from + slashes - 1, n - slashes + 1);
		b->at -= slashes - 1;
	} else if (n == 0) {
		BUF_LIT(b, "/");
	}
}
