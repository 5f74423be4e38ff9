/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, times and texts of strangers, as people read them. */
#include "ctl/show.h"

#include <inttypes.h>

#include "ctl/utf8.h"

void show_plain(FILE *to, struct slice text)
{
	while (text.n > 0) {
		size_t n = utf8_first_plain(text);

		if (n)
			fwrite(text.p, 1, n, to);
		else
			putc('?', to);
		n = n ? n : 1;
		text = slice_make(text.p + n, text.n - n);
	}
}

const char *show_us(char to[SHOW_BYTES], int64_t us)
{
	if (us <= 0)
		snprintf(to, SHOW_BYTES, "-");
	else if (us < 1000)
		snprintf(to, SHOW_BYTES, "%" PRId64 "us", us);
	else if (us < 10000)
		snprintf(to, SHOW_BYTES, "%" PRId64 ".%" PRId64 "ms",
		    us / 1000, us / 100 % 10);
	else if (us < 1000000)
		snprintf(to, SHOW_BYTES, "%" PRId64 "ms", us / 1000);
	else
		snprintf(to, SHOW_BYTES, "%" PRId64 ".%" PRId64 "s",
		    us / 1000000, us / 100000 % 10);
	return to;
}

const char *show_tenths(char to[SHOW_BYTES], int64_t x10)
{
	if (x10 == 0 || x10 >= 10000)
		snprintf(to, SHOW_BYTES, "%" PRId64, x10 / 10);
	else
		snprintf(to, SHOW_BYTES, "%" PRId64 ".%" PRId64, x10 / 10,
		    x10 % 10);
	return to;
}

const char *show_span(char to[SHOW_BYTES], int64_t s)
{
	if (s < 60)
		snprintf(to, SHOW_BYTES, "%" PRId64 "s", s < 0 ? 0 : s);
	else if (s < 3600)
		snprintf(to, SHOW_BYTES, "%" PRId64 "m", s / 60);
	else if (s < 86400)
		snprintf(to, SHOW_BYTES, "%" PRId64 "h %" PRId64 "m",
		    s / 3600, s / 60 % 60);
	else
		snprintf(to, SHOW_BYTES, "%" PRId64 "d %" PRId64 "h",
		    s / 86400, s / 3600 % 24);
	return to;
}

const char *show_of(char to[SHOW_BYTES], int64_t n, int64_t limit)
{
	if (limit > 0)
		snprintf(to, SHOW_BYTES, "%" PRId64 "/%" PRId64, n, limit);
	else
		snprintf(to, SHOW_BYTES, "%" PRId64, n);
	return to;
}
