/* SPDX-License-Identifier: BSD-2-Clause */
/* Names, lists, dates and forwarded addresses in values. */
/* links: http base */
#include "base/log.h"
#include "http/date.h"
#include "http/field.h"
#include "http/forward.h"
#include "http/token.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static enum field_id find_slowly(struct slice name)
{
	unsigned id;

	for (id = FIELD_OTHER + 1; id < FIELD_KNOWN; id++)
		if (slice_caseeq(name, field_name(id)))
			return (enum field_id)id;
	return FIELD_OTHER;
}

static void check_list(struct slice text)
{
	struct slice rest = text, item;
	const char *at = text.p;

	while (field_next_item(&rest, &item)) {
		MUST(item.n > 0 && item.p >= at);
		at = item.p + item.n;
		MUST(at <= text.p + text.n);
		MUST(slice_eq(slice_trim(item), item));
		if (token_is(item))
			MUST(field_find_id(item) == find_slowly(item));
	}
}

static void check_date(struct slice text)
{
	char to[DATE_LENGTH + 1];
	time_t t, again;

	if (!date_parse(text, NOW, &t) || t < 0)
		return;
	date_format(t, to);
	MUST(date_parse(slice_str(to), NOW, &again) && again == t);
}

static void check_forward(struct slice text)
{
	struct slice rest = text;
	struct addr a;
	char to[512];
	size_t n, i;

	while (forward_prev_address(&rest, &a))
		MUST(a.len > 0);
	rest = text;
	while (forward_prev_for(&rest, &a))
		MUST(a.len > 0);
	a.len = 0;
	n = forward_put_element(to, 0, sizeof(to), &a, SLICE("http"), text);
	for (i = 0; i < n; i++)
		MUST(token_has(to[i], TOKEN_VALUE));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice text = {(const char *)bytes, n};

	check_list(text);
	check_date(text);
	check_forward(text);
	return 0;
}
