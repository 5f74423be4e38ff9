/* SPDX-License-Identifier: BSD-2-Clause */
/* What a backend is told of a request in other words than the client's. */
#include "worker/told.h"

#include "http/vary.h"
#include "worker/compose.h"
#include "worker/edit.h"
#include "worker/expand.h"
#include "worker/key.h"

struct slice told_host(const struct request *r)
{
	static char text[URI_HOST_MAX + 8];
	struct slice asked = compose_host_asked(r);
	struct buf b;

	if (!r->route->policy.cache.on || !key_is_for_cache(r)
	    || r->host.n == 0)
		return asked;
	buf_init(&b, text, sizeof text);
	key_put_host(&b, r);
	return b.full ? asked : slice_make(text, buf_length(&b));
}

/* ---- Keys ---- */

/* With its length: no text can look like two. */
static void put_text(struct buf *b, struct slice text)
{
	buf_u64(b, text.n);
	BUF_LIT(b, ":");
	buf_slice(b, text);
}

static bool says_client(const struct conf_template *t)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->at[i].kind == PLACE_CLIENT)
			return true;
	return false;
}

static void put_rewrite(struct buf *b, const struct request *r)
{
	const struct conf_policy *p = &r->route->policy;
	char client[ADDR_TEXT];

	if (p->rewrite.re.code == NULL)
		return;
	put_text(b, slice_str(p->rewrite.re.text));
	put_text(b, p->rewrite.to.source);
	put_text(b, r->rest);
	put_text(b, r->host);
	if (says_client(&p->rewrite.to))
		put_text(b, slice_make(client,
		    addr_format_ip(&r->client, client)));
}

static void put_edits(struct buf *b, const struct conf_edit *at, unsigned n,
    const char *how)
{
	for (unsigned i = 0; i < n; i++) {
		buf_str(b, how);
		put_text(b, at[i].name);
		put_text(b, at[i].value.source);
	}
}

/* Two routes may ask the same pool for two things under one URL. */
static void put_way(struct buf *b, const struct request *r)
{
	const struct conf_policy *p = &r->route->policy;
	const struct conf_edits *e = &p->request;

	if (p->strip_prefix.n == 0 && p->add_prefix.n == 0
	    && p->rewrite.re.code == NULL && e->nset == 0 && e->nadd == 0
	    && e->remove.n == 0)
		return;
	BUF_LIT(b, "\nw=");
	put_text(b, p->strip_prefix);
	put_text(b, p->add_prefix);
	put_rewrite(b, r);
	for (unsigned i = 0; i < e->remove.n; i++) {
		BUF_LIT(b, "-");
		put_text(b, e->remove.at[i]);
	}
	put_edits(b, e->set, e->nset, "=");
	put_edits(b, e->add, e->nadd, "+");
}

/* What a trusted peer says, and we say again, unless it is what we would say
 * ourselves. */
static void put_said(struct buf *b, const struct request *r)
{
	struct slice host = head_value(&r->head, FIELD_X_FORWARDED_HOST);
	struct slice port = head_value(&r->head, FIELD_X_FORWARDED_PORT);

	if (!r->trusted)
		return;
	if (host.n && !slice_caseeq(host, told_host(r))) {
		BUF_LIT(b, "\nh=");
		buf_slice(b, host);
	}
	if (port.n && !slice_eq(port, SLICE("80"))
	    && !slice_eq(port, SLICE("443"))) {
		BUF_LIT(b, "\np=");
		buf_slice(b, port);
	}
}

void told_put_key(struct buf *b, const struct request *r)
{
	put_said(b, r);
	put_way(b, r);
}

/* ---- Vary ---- */

static void put_value(struct buf *b, struct slice value, bool *has)
{
	if (*has)
		BUF_LIT(b, ",");
	buf_slice(b, value);
	*has = true;
}

static void put_added(struct buf *b, const struct request *r,
    const struct conf_edit *at, unsigned n, struct slice name, bool *has)
{
	for (unsigned i = 0; i < n; i++)
		if (slice_caseeq(at[i].name, name)) {
			put_value(b, SLICE(""), has);
			expand_for_route(b, r, &at[i].value);
		}
}

static bool put_own(struct buf *b, const struct request *r,
    enum field_id id, bool *has)
{
	bool said = r->trusted && head_has(&r->head, id);

	switch (id) {
	case FIELD_X_FORWARDED_FOR:
	case FIELD_FORWARDED:
	case FIELD_X_REQUEST_ID:
		return false;
	case FIELD_X_FORWARDED_PROTO:
	case FIELD_X_FORWARDED_HOST:
	case FIELD_X_FORWARDED_PORT:
		if (said)
			put_value(b, head_value(&r->head, id), has);
		else if (id == FIELD_X_FORWARDED_PROTO)
			put_value(b, compose_scheme(r), has);
		else if (id == FIELD_X_FORWARDED_HOST)
			put_value(b, told_host(r), has);
		return true;
	case FIELD_X_REAL_IP:
		return true;
	default:
		vary_put(b, &r->head, field_name(id), has);
		return true;
	}
}

bool told_put_field(struct buf *b, const struct request *r, struct slice name,
    bool *has)
{
	const struct conf_edits *e = &r->route->policy.request;
	enum field_id id = field_find_id(name);

	*has = false;
	if (edit_drops(e, name))
		put_added(b, r, e->set, e->nset, name, has);
	else if (id != FIELD_OTHER && !put_own(b, r, id, has))
		return false;
	else if (id == FIELD_OTHER && field_is_identity(name))
		return false;
	else if (id == FIELD_OTHER)
		vary_put(b, &r->head, name, has);
	put_added(b, r, e->add, e->nadd, name, has);
	return !b->full;
}

/* ---- What is not told ---- */

bool told_is_override(const struct request *r, struct slice name)
{
	static const struct { struct slice name; bool of_proxies; } by[] = {
#define TEXT(text) {text, sizeof(text) - 1}
		{TEXT("x-original-url"), false},
		{TEXT("x-rewrite-url"), false},
		{TEXT("x-http-method-override"), false},
		{TEXT("x-http-method"), false},
		{TEXT("x-method-override"), false},
		{TEXT("x-original-host"), true},
		{TEXT("x-host"), true},
		{TEXT("x-forwarded-server"), true},
		{TEXT("x-forwarded-scheme"), true},
		{TEXT("x-forwarded-protocol"), true},
		{TEXT("x-forwarded-ssl"), true},
		{TEXT("x-forwarded-prefix"), true},
		{TEXT("x-forwarded-path"), true},
		{TEXT("x-forwarded-uri"), true},
		{TEXT("x-original-uri"), true},
		{TEXT("x-url-scheme"), true},
		{TEXT("front-end-https"), true},
#undef TEXT
	};

	for (size_t i = 0; i < sizeof by / sizeof by[0]; i++)
		if (slice_caseeq(by[i].name, name))
			return !by[i].of_proxies || !r->trusted;
	return false;
}
