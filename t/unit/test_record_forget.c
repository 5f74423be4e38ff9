/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of TLS: no key stays in a process that has nothing to carry. */
/* links: net base */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/record.h"

#define MASK 0x6b /* what is looked for must not be found here */

static uint8_t masked[16];

static size_t count_in(const uint8_t *p, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i + sizeof masked <= n; i++) {
		size_t same = 0;

		while (same < sizeof masked &&
		    p[i + same] == (masked[same] ^ MASK))
			same++;
		found += same == sizeof masked;
	}
	return found;
}

/* How often the key stands in what this process can write, but for its
 * stack: the heap is where OpenSSL keeps it. */
static size_t count_all(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512], mode[8];
	size_t found = 0;

	ck_assert_ptr_nonnull(f);
	setvbuf(f, NULL, _IONBF, 0);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 &&
		    strncmp(mode, "rw", 2) == 0 && !strstr(line, "[stack]"))
			found += count_in((const uint8_t *)from, to - from);
	fclose(f);
	return found;
}

/* Seals and opens under a key that is nowhere else afterwards. */
static void use_key(enum record_suite suite, char *wire)
{
	struct record_keys *k = calloc(1, sizeof *k);
	char plain[64];
	struct iovec v = {(void *)"text", 4};
	enum record_alert alert;
	enum record_type type;
	size_t n, length;

	ck_assert_ptr_nonnull(k);
	k->version = RECORD_TLS13;
	k->suite = (uint8_t)suite;
	for (size_t i = 0; i < sizeof k->write[0].key; i++)
		k->write[0].key[i] = masked[i % sizeof masked] ^ MASK;
	length = record_seal(k, &k->write[0], 0, RECORD_DATA, &v, 1, wire);
	ck_assert_int_eq(record_open(k, &k->write[0], 0, wire, length, plain,
	    &type, &n, &alert), RECORD_FINE);
	explicit_bzero(k, sizeof *k);
	free(k);
}

static void draw(void)
{
	for (size_t i = 0; i < sizeof masked; i++)
		masked[i] = (uint8_t)rand();
}

START_TEST(a_forgotten_key_is_nowhere)
{
	char wire[64];

	draw();
	use_key((enum record_suite)_i, wire);
	ck_assert_uint_gt(count_all(), 0); /* as long as it may come again */
	record_forget();
	ck_assert_uint_eq(count_all(), 0);
}
END_TEST

/* There is one of each direction at most, and never an older one. */
START_TEST(the_next_key_takes_its_place)
{
	uint8_t older[sizeof masked];
	char wire[64];

	draw();
	use_key((enum record_suite)_i, wire);
	memcpy(older, masked, sizeof older);
	draw();
	for (int suite = RECORD_AES_128_GCM;
	    suite <= RECORD_CHACHA20_POLY1305; suite++)
		if (suite != _i)
			use_key((enum record_suite)suite, wire);
	memcpy(masked, older, sizeof older);
	ck_assert_uint_eq(count_all(), 0);
}
END_TEST

/* Under a sanitizer not all of the memory is ours to look at. */
#ifdef __has_feature
#define FEATURE(name) __has_feature(name)
#else
#define FEATURE(name) 0
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ ||             \
    FEATURE(address_sanitizer) || FEATURE(thread_sanitizer)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

int main(void)
{
	Suite *suite = suite_create("record_forget");
	TCase *tc = tcase_create("record_forget");
	SRunner *runner;
	int failed;

	if (!record_init())
		return EXIT_FAILURE;
	if (!sanitized) {
		tcase_add_loop_test(tc, a_forgotten_key_is_nowhere,
		    RECORD_AES_128_GCM, RECORD_CHACHA20_POLY1305 + 1);
		tcase_add_loop_test(tc, the_next_key_takes_its_place,
		    RECORD_AES_128_GCM, RECORD_CHACHA20_POLY1305 + 1);
	}
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
