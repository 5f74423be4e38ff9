/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache-Status: RFC 9211, 2. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/cachestatus.h"
#include "http/sf.h"

static void check_field(const struct cachestatus *s, const char *field)
{
	char text[256];
	struct buf b;

	buf_init(&b, text, sizeof(text) - 1);
	cachestatus_put(&b, s);
	ck_assert(!b.full);
	text[buf_length(&b)] = '\0';
	ck_assert_str_eq(text, field);
}

/* RFC 9211, 2.1 and 2.3 */
START_TEST(hits_have_a_time_to_live)
{
	check_field(&(struct cachestatus){.hit = true},
	    "Cache-Status: cache; hit\r\n");
	check_field(&(struct cachestatus){.hit = true, .has_ttl = true,
	    .ttl = 376}, "Cache-Status: cache; hit; ttl=376\r\n");
	check_field(&(struct cachestatus){.hit = true, .has_ttl = true,
	    .ttl = 0}, "Cache-Status: cache; hit; ttl=0\r\n");
	check_field(&(struct cachestatus){.hit = true, .has_ttl = true,
	    .ttl = -412}, "Cache-Status: cache; hit; ttl=-412\r\n");
}
END_TEST

/* RFC 9211, 2.2 */
START_TEST(what_was_forwarded_says_why)
{
	static const char *const reasons[] = {"bypass", "method", "uri-miss",
		"vary-miss", "request", "stale", "partial"};
	char field[64];
	unsigned i;

	for (i = 0; i < 7; i++) {
		strcpy(field, "Cache-Status: cache; fwd=");
		strcat(field, reasons[i]);
		strcat(field, "\r\n");
		check_field(&(struct cachestatus){
		    .fwd = (enum cachestatus_fwd)(FWD_BYPASS + i)}, field);
	}
	ck_assert_uint_eq(FWD_PARTIAL, FWD_BYPASS + 6);
}
END_TEST

START_TEST(what_was_forwarded_says_what_became_of_it)
{
	check_field(&(struct cachestatus){.fwd = FWD_URI_MISS,
	    .fwd_status = 200, .stored = true, .collapsed = true,
	    .has_ttl = true, .ttl = 60}, "Cache-Status: cache; fwd=uri-miss; "
	    "fwd-status=200; stored; collapsed; ttl=60\r\n");
	check_field(&(struct cachestatus){.fwd = FWD_STALE,
	    .fwd_status = 304}, "Cache-Status: cache; fwd=stale; "
	    "fwd-status=304\r\n");
}
END_TEST

/* RFC 9211, 2.2: a hit has gone nowhere. */
START_TEST(hit_and_fwd_exclude_each_other)
{
	check_field(&(struct cachestatus){.hit = true, .fwd = FWD_STALE,
	    .fwd_status = 200, .stored = true},
	    "Cache-Status: cache; hit\r\n");
	check_field(&(struct cachestatus){.stored = true},
	    "Cache-Status: cache\r\n");
}
END_TEST

/* RFC 9211, 2.8 */
START_TEST(details_come_last)
{
	check_field(&(struct cachestatus){.fwd = FWD_BYPASS,
	    .detail = "no-store"},
	    "Cache-Status: cache; fwd=bypass; detail=no-store\r\n");
}
END_TEST

START_TEST(it_is_a_structured_field)
{
	static const int64_t ttls[] = {INT64_MIN, INT64_MAX, -1, 0};
	struct slice rest;
	struct sf_item item;
	char text[256];
	struct buf b;
	bool bad;
	size_t i;

	for (i = 0; i < sizeof(ttls) / sizeof(ttls[0]); i++) {
		buf_init(&b, text, sizeof(text));
		cachestatus_put(&b, &(struct cachestatus){.hit = true,
		    .has_ttl = true, .ttl = ttls[i]});
		rest = slice_make(text + 14, buf_length(&b) - 16);
		ck_assert(sf_next_item(&rest, &item, &bad));
		ck_assert(slice_eq(item.text, SLICE("cache")));
		ck_assert(!sf_next_item(&rest, &item, &bad) && !bad);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cachestatus");
	TCase *tc = tcase_create("cachestatus");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, hits_have_a_time_to_live);
	tcase_add_test(tc, what_was_forwarded_says_why);
	tcase_add_test(tc, what_was_forwarded_says_what_became_of_it);
	tcase_add_test(tc, hit_and_fwd_exclude_each_other);
	tcase_add_test(tc, details_come_last);
	tcase_add_test(tc, it_is_a_structured_field);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
