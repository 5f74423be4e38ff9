/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges: what comes out lies within, in bytes that nobody asks for twice. */
/* links: http base */
#include "base/log.h"
#include "http/range.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_ranges(const struct ranges *r, uint64_t length)
{
	uint64_t sum = 0;
	unsigned i, j;

	MUST(r->n >= 1 && r->n <= RANGES_MOST);
	for (i = 0; i < r->n; i++) {
		MUST(r->at[i].first <= r->at[i].last);
		MUST(r->at[i].last < length);
		sum += r->at[i].last - r->at[i].first + 1;
		for (j = 0; j < i; j++)
			MUST(r->at[i].last < r->at[j].first ||
			    r->at[j].last < r->at[i].first);
	}
	MUST(sum <= length);
}

static void check_written(const struct range *r, uint64_t length)
{
	char text[80];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	range_put(&b, r, length);
	MUST(!b.full);
}

/* Of a longer one there is at least as much. */
static void check_longer(struct slice value, enum range_result result,
    uint64_t length)
{
	struct ranges to;

	if (result == RANGE_SOME)
		MUST(range_parse(value, length, &to) != RANGE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint64_t lengths[] = {0, 1, 10, 1000, UINT32_MAX,
		UINT64_MAX};
	struct slice value = {(const char *)bytes, n};
	enum range_result result;
	uint64_t first;
	bool known = range_first(value, &first);
	struct ranges to;
	unsigned i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		result = range_parse(value, lengths[i], &to);
		if (i + 1 < sizeof(lengths) / sizeof(lengths[0]))
			check_longer(value, result, lengths[i + 1]);
		if (result != RANGE_SOME)
			continue;
		check_ranges(&to, lengths[i]);
		check_written(&to.at[0], lengths[i]);
		if (known && first < lengths[i])
			MUST(to.at[0].first == first);
	}
	return 0;
}
