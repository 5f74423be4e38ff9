/* SPDX-License-Identifier: BSD-2-Clause */
/* What would become of a request: portico -x. */
#include "worker/explain.h"

#include "base/buf.h"
#include "worker/client.h"
#include "worker/compose.h"
#include "worker/expand.h"
#include "worker/guard.h"
#include "worker/match.h"
#include "worker/redirect.h"
#include "worker/route.h"
#include "worker/spread.h"
#include "worker/worker.h"

#define HEAD_MOST 32768
#define FIELDS_MOST 200

/* A stride that has no lobby: enough for reading, matching and composing. */
static struct conn conn;
static struct request request;
static struct stride stride = {.c = &conn, .r = &request};
static char head[HEAD_MOST], sent[2 * HEAD_MOST], memory[2 * HEAD_MOST];
static struct field fields[FIELDS_MOST];

static void say(FILE *to, const char *what, struct slice text)
{
	fprintf(to, "%-12s%.*s\n", what, SLICE_FMT(text));
}

/* "GET http://host:port/path" as a client would send it. */
static bool write_head(const struct explain *x, bool *https,
    struct slice *host)
{
	struct slice rest = slice_str(x->request);
	struct slice method = slice_cut(&rest, ' ');
	struct slice uri = slice_trim(rest);
	size_t scheme = slice_starts(uri, SLICE("http://")) ? 7
	    : slice_starts(uri, SLICE("https://")) ? 8 : 0;
	struct buf b;

	if (scheme == 0 || method.n == 0)
		return false;
	*https = scheme == 8;
	size_t end = scheme;
	while (end < uri.n && uri.p[end] != '/' && uri.p[end] != '?')
		end++;
	*host = slice_make(uri.p + scheme, end - scheme);
	buf_init(&b, head, sizeof head);
	buf_slice(&b, method);
	BUF_LIT(&b, " ");
	if (end == uri.n || uri.p[end] != '/')
		BUF_LIT(&b, "/");
	buf_put(&b, uri.p + end, uri.n - end);
	BUF_LIT(&b, " HTTP/1.1\r\nHost: ");
	buf_slice(&b, *host);
	BUF_LIT(&b, "\r\n");
	for (const char *const *f = x->fields; f && *f; f++) {
		buf_str(&b, *f);
		BUF_LIT(&b, "\r\n");
	}
	BUF_LIT(&b, "\r\n");
	conn.rx = buf_length(&b);
	return !b.full;
}

static bool is_at_port(const struct conf_listener *l, uint16_t port)
{
	for (unsigned k = 0; k < l->naddresses; k++)
		if (addr_port(&l->addresses[k]) == port)
			return true;
	return false;
}

/* The listener at the port that is asked for, with TLS for https; else the
 * first with TLS, or without; else the first. */
static const struct conf_listener *find_listener(const struct conf *conf,
    bool https, struct slice authority)
{
	const struct conf_listener *first = NULL;
	struct slice host;
	uint16_t port;

	if (!uri_parse_host(authority, &host, &port) || port == 0)
		port = https ? 443 : 80;
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *l = &conf->listeners[i];
		if (l->tls.on != https)
			continue;
		if (is_at_port(l, port))
			return l;
		first = first ? first : l;
	}
	return first ? first : &conf->listeners[0];
}

static const struct refusal *read(const struct conf_listener *l)
{
	const struct head_limits limits = {l->max_headers, l->max_uri};

	head_init(&request.head, fields, FIELDS_MOST);
	const struct refusal *no = head_parse_request(&request.head, head,
	    conn.rx, &limits);
	if (no)
		return no;
	request.magic = REQUEST_MAGIC;
	request.listener = l;
	memset(request.id, '0', sizeof request.id);
	arena_init(&request.arena, memory, sizeof memory);
	client_find(&request, &conn);
	return request_read(&request);
}

static bool take_client(const char *text)
{
	struct addr a;

	if (!addr_parse_ip(slice_str(text ? text : "127.0.0.1"), &a))
		return false;
	if (a.sa.sa_family == AF_INET)
		conn.from.in = a.in;
	else
		conn.from.in6 = a.in6;
	return true;
}

static void answered(FILE *to, unsigned status, const char *why)
{
	fprintf(to, "%-12s%u: %s\n", "answered", status, why);
}

static const struct {
	const char *name;
	size_t at;
} conditions[] = {
	{"path", offsetof(struct conf_match, path)},
	{"path_is", offsetof(struct conf_match, path_is)},
};

static void say_route(FILE *to)
{
	const struct conf_match *m = &request.route->match;

	fprintf(to, "%-12s%u", "route", request.route->index + 1);
	for (unsigned i = 0; i < 2; i++) {
		const struct slice *s = (const void *)((const char *)m
		    + conditions[i].at);
		if (s->p)
			fprintf(to, ", %s = \"%.*s\"", conditions[i].name,
			    SLICE_FMT(*s));
	}
	if (m->path_re.text)
		fprintf(to, ", path_re = \"%s\"", m->path_re.text);
	putc('\n', to);
}

/* As every line of a head, behind a margin. */
static void say_lines(FILE *to, const char *what, struct slice text)
{
	while (text.n > 0) {
		struct slice line = slice_cut(&text, '\r');
		if (text.n)
			text = slice_make(text.p + 1, text.n - 1);
		if (line.n)
			say(to, what, line);
		what = "";
	}
}

/* Which of the parts is this client's, if no cookie says another one. */
static void say_split(FILE *to)
{
	const struct conf_route *route = request.route;

	if (route->action != CONF_SPLIT)
		return;
	fprintf(to, "%-12s", "split");
	for (unsigned i = 0; i < route->nsplit; i++)
		fprintf(to, "%s%s %u", i ? ", " : "",
		    route->split[i].pool->name, route->split[i].weight);
	fprintf(to, ": %s by the client's address\n", request.pool->name);
}

static const char *const balances[] = {
	[BALANCE_ROUND_ROBIN] = "round-robin",
	[BALANCE_LEAST_CONNECTIONS] = "least-connections",
	[BALANCE_LEAST_TIME] = "least-time",
	[BALANCE_RANDOM] = "random",
	[BALANCE_HASH] = "hash",
};

static const char *const hash_keys[] = {
	[HASH_CLIENT] = "client",
	[HASH_URI] = "uri",
	[HASH_PATH] = "path",
	[HASH_HEADER] = "header:",
	[HASH_COOKIE] = "cookie:",
};

static void say_balance(FILE *to, const struct conf_pool *pool)
{
	uint64_t hash;

	fprintf(to, "%-12s%s", "balance", balances[pool->balance]);
	if (pool->balance == BALANCE_HASH)
		fprintf(to, " of %s%.*s%s", hash_keys[pool->hash_by],
		    SLICE_FMT(pool->hash_name), spread_hash(&request, pool,
		    &hash) ? "" : ", which it does not have: round-robin");
	putc('\n', to);
	if (pool->sticky.cookie.n)
		say(to, "sticky", pool->sticky.cookie);
}

static void say_pool(FILE *to)
{
	const struct conf_pool *pool = request.pool;

	say_split(to);
	fprintf(to, "%-12s%s:", "pool", pool->name);
	for (unsigned i = 0; i < pool->nbackends; i++)
		fprintf(to, " %s%s", pool->backends[i].name,
		    pool->backends[i].backup ? " (backup)" : "");
	putc('\n', to);
	say_balance(to, pool);
	while ((pool = pool->fallback) != NULL)
		say(to, "fallback", slice_str(pool->name));
}

static void say_dropped(FILE *to)
{
	for (unsigned i = 0; i < request.head.nfields; i++)
		if (request.head.fields[i].flags
		    & (FIELD_DROP | FIELD_UNDERSCORE))
			say(to, "dropped", request.head.fields[i].name);
}

/* Of the least that its listener lets in. */
static void say_verified(FILE *to)
{
	const struct conf_tls *tls = &request.listener->tls;

	if (!tls->on || tls->verify_client == VERIFY_NONE)
		return;
	say(to, "", tls->verify_client == VERIFY_OPTIONAL
	    ? SLICE("X-SSL-Client-Verify: NONE")
	    : SLICE("X-SSL-Client-Verify: SUCCESS"));
	if (tls->verify_client == VERIFY_REQUIRE)
		say(to, "", SLICE("and what its certificate says"));
}

static void say_sent(FILE *to)
{
	struct buf b;

	request.home = request.pool = spread_by_client(&request);
	request.backend = &request.pool->backends[0];
	stride.f.flags = FLOW_BODY_WHOLE;
	buf_init(&b, sent, sizeof sent);
	enum target made = compose_put_request_head(&b, &stride);
	if (made == TARGET_REGEX) {
		answered(to, 500, cause_text[CAUSE_REGEX]);
		return;
	}
	if (made == TARGET_DOTS) {
		answered(to, 400, "rewrite makes a path with dots of it");
		return;
	}
	if (b.full || buf_length(&b) > PAGE_LARGE) {
		answered(to, 431, cause_text[CAUSE_ARENA]);
		return;
	}
	say_pool(to);
	explain_cache(to, &request);
	say_dropped(to);
	say_lines(to, "sent", slice_make(sent, buf_length(&b)));
	say_verified(to);
}

static void say_redirect(FILE *to)
{
	struct buf b;

	buf_init(&b, sent, sizeof sent);
	expand_redirect(&b, &request);
	fprintf(to, "%-12s%u to %.*s\n", "redirected",
	    request.route->redirect.status, (int)buf_length(&b), sent);
}

/* What its listener sends to https gets to no route. */
static bool say_https(FILE *to)
{
	struct buf b;

	if (!redirect_is_due(&request))
		return false;
	buf_init(&b, sent, sizeof sent);
	redirect_put(&b, &request);
	fprintf(to, "%-12s308 to %.*s\n", "redirected", (int)buf_length(&b),
	    sent);
	return true;
}

static void say_hsts(FILE *to)
{
	struct buf b;

	buf_init(&b, sent, sizeof sent);
	compose_hsts(&b, &request, &request.route->policy.response);
	say_lines(to, "sets", slice_make(sent, buf_length(&b)));
}

static void say_edits(FILE *to)
{
	const struct conf_policy *p = &request.route->policy;
	struct buf b;

	for (unsigned i = 0; i < p->hide.n; i++)
		say(to, "hides", p->hide.at[i]);
	for (unsigned i = 0; i < p->response.remove.n; i++)
		say(to, "hides", p->response.remove.at[i]);
	for (unsigned i = 0; i < p->response.nset + p->response.nadd; i++) {
		const struct conf_edit *e = i < p->response.nset
		    ? &p->response.set[i]
		    : &p->response.add[i - p->response.nset];
		buf_init(&b, sent, sizeof sent);
		buf_slice(&b, e->name);
		BUF_LIT(&b, ": ");
		expand_for_route(&b, &request, &e->value);
		say(to, i < p->response.nset ? "sets" : "adds",
		    slice_make(sent, buf_length(&b)));
	}
}

static void say_action(FILE *to)
{
	const struct conf_route *route = request.route;
	struct guard_verdict v = guard_check(&request);

	if (v.status) {
		answered(to, v.status, v.why ? v.why : cause_text[v.cause]);
		return;
	}
	switch (route->action) {
	case CONF_POOL:
	case CONF_SPLIT:
		say_sent(to);
		break;
	case CONF_REDIRECT:
		say_redirect(to);
		break;
	case CONF_RESPOND:
		answered(to, route->respond.status, "by the route");
		break;
	case CONF_DENY:
		answered(to, route->deny, "denied by the route");
		break;
	}
	say_edits(to);
	say_hsts(to);
	fprintf(to, "%-12s%llu bytes of body at most\n", "limit",
	    (unsigned long long)request.max_body);
}

static void say_site(FILE *to)
{
	const char *why = route_refuses_method(request.head.method_id);

	request.site = conf_find_site(worker_conf, request.host);
	if (why) {
		answered(to, 405, why);
		return;
	}
	if (request.site == NULL) {
		answered(to, 421, cause_text[CAUSE_NO_SITE]);
		return;
	}
	if (say_https(to))
		return;
	say(to, "site", slice_str(request.site->name));
	switch (match_route(&request)) {
	case YES:
		say_route(to);
		say_action(to);
		break;
	case NO:
		answered(to, 404, cause_text[CAUSE_NO_ROUTE]);
		break;
	default:
		answered(to, 500, cause_text[CAUSE_REGEX]);
	}
}

bool explain_request(const struct conf *conf, const struct explain *x,
    FILE *to, FILE *errors)
{
	struct slice host;
	bool https;

	worker_conf = conf;
	if (!take_client(x->client)) {
		fprintf(errors, "portico: -a is no address\n");
		return false;
	}
	if (!write_head(x, &https, &host)) {
		fprintf(errors, "portico: -x is \"%s\"; write \"GET "
		    "http://shop.example/path\"\n", x->request);
		return false;
	}
	const struct conf_listener *l = find_listener(conf, https, host);
	say(to, "listener", slice_str(l->name));
	const struct refusal *no = read(l);
	if (no)
		answered(to, no->status, no->why);
	else
		say_site(to);
	return true;
}
