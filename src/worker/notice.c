/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of the answers that we make: the route's pages, or plain ones. */
#include "worker/notice.h"

#include "base/buf.h"
#include "http/accept.h"
#include "http/status.h"

static unsigned wants(const struct request *r, struct slice type)
{
	const struct field *f = head_find(&r->head, FIELD_ACCEPT);
	unsigned best = 0;

	if (f == NULL)
		return ACCEPT_BEST;
	for (; f != NULL; f = head_find_next(&r->head, f)) {
		unsigned quality = accept_quality(f->value, type);
		best = quality > best ? quality : best;
	}
	return best;
}

static bool is_for(const struct conf_error_page *p, unsigned status)
{
	for (unsigned i = 0; i < p->nstatus; i++)
		if (p->status[i] == status)
			return true;
	return false;
}

static const struct conf_error_page *find(const struct request *r,
    const struct conf_policy *policy, unsigned status)
{
	const struct conf_error_page *found = NULL;
	unsigned best = 0;

	for (unsigned i = 0; i < policy->nerrors; i++) {
		const struct conf_error_page *p = &policy->errors[i];
		if (!is_for(p, status))
			continue;
		unsigned quality = wants(r, p->type);
		if (found == NULL || quality > best) {
			found = p;
			best = quality;
		}
	}
	return found;
}

static void put_html(struct buf *b, unsigned status)
{
	const char *reason = status_reason(status);

	BUF_LIT(b, "<!DOCTYPE html>\n<html><head><title>");
	buf_u64(b, status);
	BUF_LIT(b, " ");
	buf_str(b, reason);
	BUF_LIT(b, "</title></head>\n<body><h1>");
	buf_u64(b, status);
	BUF_LIT(b, " ");
	buf_str(b, reason);
	BUF_LIT(b, "</h1></body></html>\n");
}

/* Reason phrases have nothing to escape. */
static void put_json(struct buf *b, unsigned status)
{
	BUF_LIT(b, "{\"status\":");
	buf_u64(b, status);
	BUF_LIT(b, ",\"reason\":\"");
	buf_str(b, status_reason(status));
	BUF_LIT(b, "\"}\n");
}

static struct notice plain(const struct request *r, unsigned status,
    char room[NOTICE_PLAIN])
{
	static const struct slice html = SLICE("text/html; charset=utf-8");
	static const struct slice json = SLICE("application/json");
	bool prefers = wants(r, json) > wants(r, html);
	struct buf b;

	buf_init(&b, room, NOTICE_PLAIN);
	(prefers ? put_json : put_html)(&b, status);
	return (struct notice){prefers ? json : html,
	    slice_make(room, buf_length(&b))};
}

struct notice notice_of(const struct request *r, unsigned status,
    char room[NOTICE_PLAIN])
{
	const struct conf_policy *policy = request_policy(r);
	const struct conf_error_page *p = policy ? find(r, policy, status)
	    : NULL;

	if (p != NULL)
		return (struct notice){p->type, p->body};
	return plain(r, status, room);
}
