/* SPDX-License-Identifier: BSD-2-Clause */
/* Entity tags: comparing is fair, and a tag is found in whatever list. */
/* links: http base */
#include "base/log.h"
#include "http/etag.h"

#define TEXT_MAX 4096
#define ROOM 8
#define NOW 784111777

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct head_limits limits = {ROOM, 100};
static char text[3 * TEXT_MAX];

static void append(size_t *at, struct slice s)
{
	memcpy(text + *at, s.p, s.n);
	*at += s.n;
}

/* PRECONDITION_NONE also if the list cannot stand in a field. */
static enum precondition judge(struct slice first, struct slice list,
    const struct validators *have, bool *allows)
{
	struct field fields[ROOM];
	struct head h;
	size_t at = 0;

	append(&at, SLICE("GET / HTTP/1.1\r\nIf-Range: "));
	append(&at, list);
	append(&at, SLICE("\r\nIf-None-Match: "));
	append(&at, first);
	append(&at, SLICE(","));
	append(&at, list);
	append(&at, SLICE("\r\n\r\n"));
	head_init(&h, fields, ROOM);
	*allows = false;
	if (head_parse_request(&h, text, at, &limits) || h.nfields != 2)
		return PRECONDITION_NONE;
	*allows = etag_allows_range(&h, have, NOW);
	return etag_judge(&h, have, NOW);
}

static void check_pair(struct slice a, struct slice b)
{
	bool weak = etag_equal_weak(a, b), strong = etag_equal_strong(a, b);

	MUST(etag_equal_weak(b, a) == weak);
	MUST(etag_equal_strong(b, a) == strong);
	MUST(!strong || (weak && slice_eq(a, b) && !etag_is_weak(a)));
	MUST(!weak || (etag_is_valid(a) && etag_is_valid(b)));
	MUST(etag_equal_weak(a, a) == etag_is_valid(a));
}

/* The first line is the tag that we have. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice list = {(const char *)bytes, n};
	struct slice tag;
	struct validators have = {.date = NOW};
	enum precondition found;
	bool allows;

	if (n == 0 || n > TEXT_MAX)
		return 0;
	tag = slice_cut(&list, '\n');
	if (!list.p)
		list = slice_make((const char *)bytes, 0);
	check_pair(tag, list);
	have.etag = tag;
	found = judge(SLICE(""), list, &have, &allows);
	if (found == PRECONDITION_NONE)
		return 0;
	if (allows)
		MUST(etag_equal_strong(slice_trim(list), tag));
	found = judge(tag, list, &have, &allows);
	if (etag_is_valid(tag))
		MUST(found == PRECONDITION_NOT_MODIFIED ||
		    found == PRECONDITION_NONE);
	else
		MUST(found != PRECONDITION_FAILED);
	return 0;
}
