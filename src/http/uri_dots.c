/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks for dots that others might take for the way out of a folder. */
#include "http/uri.h"

/* Bytes at p that somebody may read as the end of a segment; 0 if none. */
static size_t border(const char *p, const char *end)
{
	if (*p == '/' || *p == '\\')
		return 1;
	return end - p >= 3 && memcmp(p, "%2F", 3) == 0 ? 3 : 0;
}

bool uri_hides_dots(struct slice path)
{
	const char *p = path.p, *end = path.p + path.n, *at = path.p;

	if (path.n == 0 || !memmem(path.p, path.n, "..", 2))
		return false;
	for (; p < end; p++) {
		size_t n = border(p, end);
		if (n == 0 && *p != ';')
			continue;
		if (p - at == 2 && memcmp(at, "..", 2) == 0)
			return true;
		/* behind a ';' nothing is a segment before the next border */
		at = n ? p + n : end;
		p += n ? n - 1 : 0;
	}
	return end - at == 2 && memcmp(at, "..", 2) == 0;
}
