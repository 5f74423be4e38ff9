/* SPDX-License-Identifier: BSD-2-Clause */
/* Inquiries: all questions that have to be asked about one name. */
#include "steward/inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define INQUIRIES 32 /* under way */

static struct inquiry *inquiries;
static uint32_t serials;

static void took_address(struct inquiry *q, const struct part *part,
    const struct found *at)
{
	struct found f = *at;

	if (q->n == FOUND_MOST)
		inquiry_sort(q);
	if (q->n == FOUND_MOST)
		return;
	if (f.at.sa.sa_family == AF_INET)
		f.at.in.sin_port = htons(part->port);
	else
		f.at.in6.sin6_port = htons(part->port);
	f.priority = part->priority;
	f.weight = part->weight;
	q->found[q->n++] = f;
}

static void took_record(struct inquiry *q, const struct srv *record)
{
	struct part *part = &q->parts[q->nparts++];

	memset(part, 0, sizeof *part);
	memcpy(part->host, record->target, sizeof part->host);
	part->port = record->port;
	part->priority = record->priority;
	part->weight = record->weight;
}

static void failed(struct inquiry *q, enum question_kind kind)
{
	q->failed.v4 |= kind != QUESTION_AAAA;
	q->failed.v6 |= kind != QUESTION_A;
}

/* In a call of c-ares: nothing but our own memory is touched. */
static void told(const struct asker *who, const struct reply *r)
{
	struct inquiry *q = &inquiries[who->inquiry];

	if (q->serial != who->serial)
		return; /* it was given up */
	q->nanswered++;
	if (r->ttl < q->ttl)
		q->ttl = r->ttl;
	if (r->result == REPLY_FAILED)
		failed(q, r->kind);
	/* a failure tells more than that there is nothing */
	if (r->result == REPLY_FAILED || (r->result == REPLY_NONE
	    && !q->failed.v4 && !q->failed.v6))
		q->why = r->why;
	if (r->kind == QUESTION_SRV) {
		q->awaited = false;
		for (unsigned i = 0; i < r->n; i++)
			took_record(q, &r->srv[i]);
		return;
	}
	struct part *part = &q->parts[who->part];
	*(r->kind == QUESTION_A ? &part->has_v4 : &part->has_v6) = true;
	for (unsigned i = 0; i < r->n; i++)
		took_address(q, part, &r->at[i]);
}

bool inquiry_init(const struct conf *conf)
{
	if (inquiries == NULL)
		inquiries = calloc(INQUIRIES, sizeof *inquiries);
	if (inquiries == NULL)
		return false;
	for (unsigned i = 0; i < INQUIRIES; i++)
		inquiries[i].serial = 0;
	question_init(conf, told);
	return true;
}

static struct inquiry *find_free(void)
{
	for (unsigned i = 0; i < INQUIRIES; i++)
		if (inquiries[i].serial == 0)
			return &inquiries[i];
	return NULL;
}

struct inquiry *inquiry_begin(const char *name, bool srv, uint64_t now)
{
	struct inquiry *q = find_free();
	size_t n = strlen(name);

	if (q == NULL)
		return NULL;
	memset(q, 0, sizeof *q);
	if (++serials == 0)
		serials = 1;
	q->serial = serials;
	q->began = now;
	q->ttl = UINT32_MAX;
	q->why = "the name is too long";
	q->failed.v4 = q->failed.v6 = n >= SRV_NAME;
	if (n >= SRV_NAME)
		return q; /* there is nothing to ask */
	memcpy(q->name, name, n + 1);
	memcpy(q->parts[0].host, name, n + 1);
	q->srv = q->awaited = srv;
	q->nparts = srv ? 0 : 1;
	inquiry_go_on(q);
	return q;
}

static unsigned questions_of(const struct inquiry *q)
{
	return q->srv + 2 * q->nparts;
}

void inquiry_go_on(struct inquiry *q)
{
	struct asker who = {.inquiry = (unsigned)(q - inquiries),
	    .serial = q->serial};

	while (q->nasked < questions_of(q)) {
		enum question_kind kind = QUESTION_SRV;
		const char *host = q->name;
		if (!q->srv || q->nasked > 0) {
			unsigned next = q->nasked - q->srv;
			who.part = next / 2;
			host = q->parts[who.part].host;
			kind = next % 2 ? QUESTION_AAAA : QUESTION_A;
		}
		if (!question_ask(kind, host, &who))
			return;
		q->nasked++;
	}
}

bool inquiry_is_whole(const struct inquiry *q)
{
	return q->nanswered == questions_of(q);
}

struct open inquiry_open(const struct inquiry *q)
{
	struct open open = q->failed;

	if (q->awaited)
		open.v4 = open.v6 = true;
	for (unsigned i = 0; i < q->nparts; i++) {
		open.v4 |= !q->parts[i].has_v4;
		open.v6 |= !q->parts[i].has_v6;
	}
	return open;
}

void inquiry_give_up(struct inquiry *q)
{
	q->failed = inquiry_open(q);
	q->why = "no answer in time";
	q->serial = ++serials ? serials : ++serials;
}

void inquiry_sort(struct inquiry *q)
{
	q->n = member_sort(q->found, q->n);
}

void inquiry_end(struct inquiry *q)
{
	q->serial = 0;
}
