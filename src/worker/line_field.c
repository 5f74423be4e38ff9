/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of access logs: where each comes from. */
#include "worker/cached.h"
#include "worker/line.h"

static struct slice text_client(const struct stride *s, char room[LINE_TEXT])
{
	return slice_make(room, addr_format_ip(&s->r->client, room));
}

static struct slice text_peer(const struct stride *s, char room[LINE_TEXT])
{
	struct addr from = conn_from(s->c);

	return slice_make(room, addr_format_ip(&from, room));
}

static struct slice text_time(const struct stride *s, char room[LINE_TEXT])
{
	(void)s;
	(void)room;
	return line_time();
}

static struct slice text_time_iso(const struct stride *s,
    char room[LINE_TEXT])
{
	(void)s;
	(void)room;
	return line_time_iso();
}

/* A field that is a word of the request's, NULL where it has none. */
#define WORD(field, word)                                                      \
	static struct slice text_##field(const struct stride *s,               \
	    char room[LINE_TEXT])                                              \
	{                                                                      \
		const struct request *r = s->r;                                \
		(void)room;                                                    \
		return slice_str(word);                                        \
	}

WORD(listener, r->listener->name)
WORD(site, r->site ? r->site->name : NULL)
WORD(pool, r->pool ? r->pool->name : NULL)
WORD(backend, r->backend ? r->backend->name : NULL)
WORD(cache, cached_word(r))
WORD(protocol, r->head.method.n == 0 ? NULL
    : r->head.minor ? "HTTP/1.1" : "HTTP/1.0")

static struct slice text_method(const struct stride *s, char room[LINE_TEXT])
{
	(void)room;
	return s->r->head.method;
}

static struct slice text_host(const struct stride *s, char room[LINE_TEXT])
{
	(void)room;
	return s->r->host;
}

static struct slice text_target(const struct stride *s, char room[LINE_TEXT])
{
	(void)room;
	return s->r->head.target;
}

static struct slice text_id(const struct stride *s, char room[LINE_TEXT])
{
	(void)room;
	return slice_make(s->r->id, REQUEST_ID);
}

/* As in the error log: what was refused says itself why. */
static struct slice text_cause(const struct stride *s, char room[LINE_TEXT])
{
	const char *why = s->r->why, *text = cause_text[s->f.cause];
	struct buf b;

	if (s->f.cause == CAUSE_NONE || why == NULL)
		return slice_str(text);
	if (s->f.cause == CAUSE_REFUSED)
		return slice_str(why);
	buf_init(&b, room, LINE_TEXT);
	buf_str(&b, text);
	BUF_LIT(&b, ": ");
	buf_str(&b, why);
	return slice_make(room, buf_length(&b));
}

static int64_t number_route(const struct stride *s, uint64_t now)
{
	(void)now;
	return s->r->route ? (int64_t)s->r->route->index + 1 : -1;
}

static int64_t number_status(const struct stride *s, uint64_t now)
{
	(void)now;
	return s->r->status ? s->r->status : 499;
}

/* What has come behind the request is the next one's; but where no head was
 * found all of it was taken for one. */
static int64_t number_bytes_in(const struct stride *s, uint64_t now)
{
	uint64_t n = s->f.rx - s->f.request_at;
	uint64_t behind = s->r->head.method.n
	    ? (uint64_t)(s->f.in_end - s->f.in_start) : 0;

	(void)now;
	return (int64_t)(n > behind ? n - behind : 0);
}

static int64_t number_bytes_out(const struct stride *s, uint64_t now)
{
	(void)now;
	return (int64_t)(s->f.tx - s->f.answer_at);
}

static int64_t number_body_bytes(const struct stride *s, uint64_t now)
{
	int64_t n = number_bytes_out(s, now), head = (int64_t)s->r->head_bytes;

	return n > head ? n - head : 0;
}

static int64_t microseconds(const struct stride *s, uint64_t at)
{
	uint64_t begin = s->r->at[TIME_HEAD];

	return begin == 0 || at < begin ? -1 : (int64_t)(at - begin);
}

static int64_t number_t_route(const struct stride *s, uint64_t now)
{
	(void)now;
	return microseconds(s, s->r->at[TIME_ROUTE]);
}

/* It may have gone while it waited. */
static int64_t number_t_queue(const struct stride *s, uint64_t now)
{
	const struct request *r = s->r;
	uint64_t since = r->queued_at && r->queued_at < now ? now
	    - r->queued_at : 0;

	return r->home ? (int64_t)(r->queued_for + since) : -1;
}

static int64_t number_t_connect(const struct stride *s, uint64_t now)
{
	(void)now;
	return microseconds(s, s->r->at[TIME_CONNECT]);
}

static int64_t number_t_first(const struct stride *s, uint64_t now)
{
	(void)now;
	return microseconds(s, s->r->at[TIME_FIRST]);
}

static int64_t number_t_total(const struct stride *s, uint64_t now)
{
	return microseconds(s, now);
}

static int64_t number_retries(const struct stride *s, uint64_t now)
{
	(void)now;
	return s->r->retries;
}

const struct line_field line_fields[LOG_FIELD_COUNT] = {
	[LOG_FIELD_CLIENT] = {.text = text_client},
	[LOG_FIELD_PEER] = {.text = text_peer},
	[LOG_FIELD_TIME] = {.text = text_time},
	[LOG_FIELD_TIME_ISO] = {.text = text_time_iso},
	[LOG_FIELD_LISTENER] = {.text = text_listener},
	[LOG_FIELD_SITE] = {.text = text_site},
	[LOG_FIELD_ROUTE] = {.number = number_route},
	[LOG_FIELD_POOL] = {.text = text_pool},
	[LOG_FIELD_BACKEND] = {.text = text_backend},
	[LOG_FIELD_CACHE] = {.text = text_cache},
	[LOG_FIELD_METHOD] = {.text = text_method},
	[LOG_FIELD_HOST] = {.text = text_host},
	[LOG_FIELD_TARGET] = {.text = text_target},
	[LOG_FIELD_PROTOCOL] = {.text = text_protocol},
	[LOG_FIELD_STATUS] = {.number = number_status},
	[LOG_FIELD_BYTES_IN] = {.number = number_bytes_in},
	[LOG_FIELD_BYTES_OUT] = {.number = number_bytes_out},
	[LOG_FIELD_BODY_BYTES] = {.number = number_body_bytes},
	[LOG_FIELD_T_ROUTE] = {.number = number_t_route},
	[LOG_FIELD_T_QUEUE] = {.number = number_t_queue},
	[LOG_FIELD_T_CONNECT] = {.number = number_t_connect},
	[LOG_FIELD_T_FIRST] = {.number = number_t_first},
	[LOG_FIELD_T_TOTAL] = {.number = number_t_total},
	[LOG_FIELD_RETRIES] = {.number = number_retries},
	[LOG_FIELD_CAUSE] = {.text = text_cause},
	[LOG_FIELD_TLS_VERSION] = {.text = line_tls_version},
	[LOG_FIELD_TLS_CIPHER] = {.text = line_tls_cipher},
	[LOG_FIELD_TLS_RESUMED] = {.text = line_tls_resumed},
	[LOG_FIELD_TLS_SERVER] = {.text = line_tls_server},
	[LOG_FIELD_TLS_VERIFIED] = {.text = line_tls_verified},
	[LOG_FIELD_ID] = {.text = text_id},
};
