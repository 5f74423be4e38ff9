/* SPDX-License-Identifier: BSD-2-Clause */
/* Freshness: numbers have bounds, and what is stale does not become fresh. */
/* links: http base */
#include "base/log.h"
#include "http/freshness.h"

#define TEXT_MAX 4096
#define ROOM 32
#define NOW 784111777
#define MOST INT64_C(0x80000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct head_limits limits = {ROOM, 100};

static const char start_of[][24] = {"HTTP/1.1 200\r\n", "HTTP/1.1 404\r\n",
	"HTTP/1.1 206\r\n", "HTTP/1.1 599\r\n"};

static void check_numbers(const struct freshness *f,
    const struct freshness_rules *rules)
{
	MUST(f->received == NOW);
	MUST(f->age >= 5 && f->age <= MOST + NOW);
	MUST(f->lifetime >= 0 && f->lifetime <= f->age + rules->max_ttl);
	MUST(f->stale_while_revalidate >= 0 &&
	    f->stale_while_revalidate <= MOST);
	MUST(f->stale_if_error >= 0 && f->stale_if_error <= MOST);
}

/* As time goes by it gets worse only. */
static void check_use(const struct freshness *f, const struct head *request)
{
	enum freshness_use use, before = USE_FRESH;
	struct cachecontrol cc;
	int64_t at;

	cachecontrol_of(request, true, &cc);
	for (at = 1; at < MOST * 4; at *= 2) {
		use = freshness_use(f, NOW + at, &cc, false, 60);
		MUST(use >= before || before == USE_IF_ERROR);
		MUST(use != USE_FRESH || f->lifetime > f->age + at);
		MUST(!f->validate || use == USE_NOT);
		if (f->strict && f->lifetime <= f->age + at)
			MUST(use == USE_NOT);
		MUST(freshness_use(f, NOW + at, &cc, true, 60) != USE_FRESH);
		before = use;
	}
}

static void check_store(const struct head *request,
    const struct head *response, const char *start)
{
	const struct freshness_rules rules = {.max_ttl = 604800,
	    .stale_if_error = 9};
	struct freshness f, again;
	const char *why;
	enum freshness_store store = freshness_of(request, response, &rules,
	    NOW - 5, NOW, &f, &why);
	bool kept = freshness_renew(response, &rules, NOW - 5, NOW, &again);

	MUST((store == STORE_YES) == (why == NULL));
	check_numbers(&again, &rules);
	check_use(&again, request);
	if (store != STORE_YES)
		return;
	MUST(kept && start != start_of[2]);
	MUST(f.lifetime == again.lifetime && f.age == again.age);
	MUST(start == start_of[0] || !f.heuristic || f.validate);
	MUST(start != start_of[3] || f.strict);
}

/* The same bytes as lines of the request and of the response. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static char asked[TEXT_MAX + 64], text[TEXT_MAX + 64];
	struct field fields[ROOM], others[ROOM];
	const char *start = start_of[n % 4];
	struct head request, response;
	size_t at = strlen(start);

	if (n > TEXT_MAX)
		return 0;
	memcpy(asked, "GET / HTTP/1.1\r\n", 16);
	memcpy(asked + 16, bytes, n);
	memcpy(asked + 16 + n, "\r\n\r\n", 4);
	memcpy(text, start, at);
	memcpy(text + at, bytes, n);
	memcpy(text + at + n, "\r\n\r\n", 4);
	head_init(&request, fields, ROOM);
	head_init(&response, others, ROOM);
	if (head_parse_request(&request, asked, n + 20, &limits) ||
	    head_parse_response(&response, text, n + at + 4, &limits))
		return 0;
	check_store(&request, &response, start);
	return 0;
}
