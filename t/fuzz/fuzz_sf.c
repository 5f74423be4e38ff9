/* SPDX-License-Identifier: BSD-2-Clause */
/* Structured fields: what is taken can be taken apart, and joined again. */
/* links: http base */
#include "base/log.h"
#include "http/sf.h"
#include "http/token.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool is_inside(struct slice part, struct slice whole)
{
	return part.n == 0 || (part.p >= whole.p &&
	    part.p + part.n <= whole.p + whole.n);
}

static void check_parameters(struct slice params)
{
	struct slice key;
	struct sf_item item;
	bool bad;

	while (sf_next_parameter(&params, &key, &item, &bad)) {
		MUST(token_is(key));
		MUST(item.type != SF_INNER_LIST && item.params.n == 0);
	}
	MUST(!bad && params.n == 0);
}

static void check_item(const struct sf_item *item, struct slice whole)
{
	const int64_t most = INT64_C(999999999999999);
	char to[TEXT_MAX];

	MUST(is_inside(item->text, whole) && is_inside(item->params, whole));
	MUST(item->integer <= most && item->integer >= -most);
	if (item->type == SF_BOOLEAN)
		MUST(item->integer == 0 || item->integer == 1);
	if (item->type == SF_STRING)
		MUST(sf_unescape(item->text, to, sizeof(to)) <= item->text.n);
	check_parameters(item->params);
}

static void check_inner(struct slice list)
{
	struct sf_item item;
	struct slice rest = list;
	bool bad;

	while (sf_next_inner(&rest, &item, &bad)) {
		MUST(item.type != SF_INNER_LIST);
		check_item(&item, list);
	}
	MUST(!bad && rest.n == 0);
}

/* Members, or -1 if it is not well-formed. */
static int count_members(struct slice text, bool keys)
{
	struct slice rest = text, key;
	struct sf_item item;
	bool bad;
	int n = 0;

	while (keys ? sf_next_member(&rest, &key, &item, &bad) :
	    sf_next_item(&rest, &item, &bad)) {
		MUST(!keys || (token_is(key) && is_inside(key, text)));
		check_item(&item, text);
		if (item.type == SF_INNER_LIST)
			check_inner(item.text);
		n++;
	}
	return bad ? -1 : n;
}

static void check_joined(struct slice text, bool keys)
{
	static char joined[2 * TEXT_MAX + 8];
	int n = count_members(text, keys);
	struct slice twice = {joined, 2 * text.n + 2};

	if (n <= 0)
		return;
	memcpy(joined, text.p, text.n);
	memcpy(joined + text.n, " ,", 2);
	MUST(count_members(slice_make(joined, text.n + 2), keys) == -1);
	if (text.p[0] == ' ')
		return;
	memcpy(joined + text.n + 2, text.p, text.n);
	MUST(count_members(twice, keys) == 2 * n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice text = {(const char *)bytes, n};

	if (n > TEXT_MAX)
		return 0;
	check_joined(text, false);
	check_joined(text, true);
	return 0;
}
