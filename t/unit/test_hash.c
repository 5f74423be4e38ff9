/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash against its published vectors. */
/* links: base */
#include <check.h>
#include <stdlib.h>

#include "base/hash.h"

/* Key 00 01 .. 0f; the text of n bytes is 00 01 .. n - 1. */
START_TEST(published_vectors)
{
	static const struct { size_t n; uint64_t is; } known[] = {
		{0, 0x726fdb47dd0e0e31u}, {1, 0x74f839c593dc67fdu},
		{7, 0xab0200f58b01d137u}, {8, 0x93f5f5799a932462u},
		{15, 0xa129ca6149be45e5u}, {63, 0x958a324ceb064572u},
	};
	static const uint64_t key[2] = {0x0706050403020100u,
		0x0f0e0d0c0b0a0908u};
	char text[64];

	for (int i = 0; i < 64; i++)
		text[i] = (char)i;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		ck_assert_uint_eq(hash_slice(key, slice_make(text,
		    known[i].n)), known[i].is);
}
END_TEST

START_TEST(keys_count)
{
	static const uint64_t a[2] = {1, 2}, b[2] = {1, 3};

	ck_assert_uint_ne(hash_slice(a, SLICE("x")), hash_slice(b,
	    SLICE("x")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hash");
	TCase *t = tcase_create("hash");
	SRunner *r = srunner_create(s);

	tcase_add_test(t, published_vectors);
	tcase_add_test(t, keys_count);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
