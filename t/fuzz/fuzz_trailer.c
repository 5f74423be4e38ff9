/* SPDX-License-Identifier: BSD-2-Clause */
/* Trailer sections: how they arrive does not matter, what goes on is lawful. */
/* links: http base */
#include "base/log.h"
#include "http/head.h"
#include "http/trailer.h"

#define CUTS_MAX 512 /* each beginning of longer ones would take too long */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_beginnings(struct slice text, enum trailer_scan whole)
{
	enum trailer_scan scan, last = TRAILER_MORE;
	size_t n, length;

	for (n = 0; n <= text.n; n++) {
		scan = trailer_scan(text.p, n, &length);
		MUST(last == TRAILER_MORE || scan == last);
		MUST(scan != TRAILER_WHOLE || (length >= 2 && length <= n));
		last = scan;
	}
	MUST(last == whole);
}

static void check_fields(struct slice text)
{
	const char *p = text.p, *end = p + text.n;
	struct field f;

	while (p < end) {
		MUST(head_parse_field(&f, &p, end) == NULL);
		MUST(f.id == FIELD_OTHER || f.id == FIELD_ETAG);
		MUST(!(f.flags & FIELD_UNDERSCORE));
	}
}

/* What may go on goes on again, as it is. */
static void check_copy(struct slice section)
{
	static char once[2 * TRAILER_MOST], twice[2 * TRAILER_MOST];
	struct buf b, again;
	size_t n, length;

	buf_init(&b, once, sizeof(once));
	if (trailer_copy(section.p, section.n, &b)) {
		MUST(buf_length(&b) == 0);
		return;
	}
	n = buf_length(&b);
	MUST(!b.full && n <= section.n + TRAILER_FIELDS);
	check_fields(slice_make(once, n));
	BUF_LIT(&b, "\r\n");
	buf_init(&again, twice, sizeof(twice));
	MUST(trailer_copy(once, n + 2, &again) == NULL);
	MUST(buf_length(&again) == n && memcmp(once, twice, n) == 0);
	if (n + 2 < TRAILER_MOST)
		MUST(trailer_scan(once, n + 2, &length) == TRAILER_WHOLE &&
		    length == n + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice text = {(const char *)bytes, n};
	size_t length;
	enum trailer_scan scan = trailer_scan(text.p, n, &length);

	MUST(scan != TRAILER_MORE || n < TRAILER_MOST);
	MUST(scan != TRAILER_WHOLE || length <= TRAILER_MOST);
	if (n <= CUTS_MAX)
		check_beginnings(text, scan);
	if (scan == TRAILER_WHOLE)
		check_copy(slice_make(text.p, length));
	check_copy(text);
	return 0;
}
