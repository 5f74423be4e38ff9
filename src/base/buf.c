/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that is built piece by piece in memory of the caller's. */
#include "base/buf.h"

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	buf_put(b, digits + n, sizeof digits - n);
}
