/* SPDX-License-Identifier: BSD-2-Clause */
/* Accept: whatever else it says, what it names in the first place counts. */
/* links: http base */
#include "base/log.h"
#include "http/accept.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct slice html = {"text/html", 9};

static unsigned quality_behind(struct slice first, struct slice list)
{
	static char text[TEXT_MAX + 64];

	memcpy(text, first.p, first.n);
	memcpy(text + first.n, list.p, list.n);
	return accept_quality(slice_make(text, first.n + list.n), html);
}

static unsigned quality_in_capitals(struct slice list)
{
	static char text[TEXT_MAX];
	size_t i;

	for (i = 0; i < list.n; i++)
		text[i] = list.p[i] >= 'a' && list.p[i] <= 'z' ?
		    (char)(list.p[i] & ~0x20) : list.p[i];
	return accept_quality(slice_make(text, list.n), html);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice list = {(const char *)bytes, n};
	unsigned quality;

	if (n == 0 || n > TEXT_MAX)
		return 0;
	quality = accept_quality(list, html);
	MUST(quality <= ACCEPT_BEST);
	MUST(quality_in_capitals(list) == quality);
	MUST(quality_behind(SLICE(","), list) == quality);
	MUST(quality_behind(SLICE("text/html,"), list) == ACCEPT_BEST);
	MUST(quality_behind(SLICE("text/html;q=0.001,"), list) > 0);
	if (quality > 0)
		MUST(quality_behind(SLICE("a/b,"), list) == quality ||
		    quality == ACCEPT_BEST);
	/* any type at all, the list itself among them */
	MUST(accept_quality(SLICE("*/*;q=0.5"), list) == ACCEPT_BEST / 2);
	MUST(accept_quality(list, list) <= ACCEPT_BEST);
	return 0;
}
