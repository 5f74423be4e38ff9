/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations, sizes, rates, percentages, and the nearest word. */
/* links: conf base */
#include "conf/value.h"

#include <check.h>
#include <stdlib.h>

#include "conf/suggest.h"

struct expected {
	const char *text;
	bool good;
	uint64_t value;
};

static const struct expected times[] = {
	{"0", true, 0}, {"0s", true, 0}, {"250ms", true, 250},
	{"30s", true, 30000}, {"5m", true, 300000},
	{"12h", true, 43200000}, {"7d", true, 604800000},
	{"", false, 0}, {"s", false, 0}, {"30", false, 0},
	{"30 s", false, 0}, {"1.5s", false, 0}, {"-1s", false, 0},
	{"1S", false, 0}, {"1s ", false, 0}, {"1sm", false, 0},
	{"99999999999999999999s", false, 0},
	{"18446744073709551615d", false, 0},
};

static const struct expected sizes[] = {
	{"0", true, 0}, {"512B", true, 512}, {"16k", true, 16384},
	{"64M", true, 67108864}, {"2G", true, 2147483648},
	{"64", false, 0}, {"16K", false, 0}, {"64m", false, 0},
	{"1kk", false, 0}, {"+1k", false, 0}, {"0x10k", false, 0},
	{"99999999999999G", false, 0},
};

START_TEST(a_duration_is_a_number_with_a_unit)
{
	const struct expected *e = &times[_i];
	uint64_t v = 0;
	const char *wrong = value_parse_time(slice_str(e->text), &v);

	ck_assert_msg((wrong == NULL) == e->good, "%s", e->text);
	ck_assert_uint_eq(v, e->value);
}
END_TEST

START_TEST(a_size_is_a_number_with_a_unit)
{
	const struct expected *e = &sizes[_i];
	uint64_t v = 0;
	const char *wrong = value_parse_size(slice_str(e->text), &v);

	ck_assert_msg((wrong == NULL) == e->good, "%s", e->text);
	ck_assert_uint_eq(v, e->value);
}
END_TEST

static const struct expected shares[] = {
	{"0%", true, 0}, {"50%", true, 500000}, {"100%", true, 1000000},
	{"0.1%", true, 1000}, {"0.0001%", true, 1}, {"12.25%", true, 122500},
	{"100.0%", true, 1000000}, {"99.9999%", true, 999999},
	{"50", false, 0}, {"101%", false, 0}, {"100.1%", false, 0},
	{"%", false, 0}, {"", false, 0}, {".5%", false, 0}, {"1.%", false, 0},
	{"0.00001%", false, 0}, {"1.2.3%", false, 0}, {"-1%", false, 0},
	{"1.-1%", false, 0}, {"1 %", false, 0},
};

START_TEST(a_percentage_is_0_to_100)
{
	const struct expected *e = &shares[_i];
	uint64_t v = 0;
	const char *wrong = value_parse_share(slice_str(e->text), &v);

	ck_assert_msg((wrong == NULL) == e->good, "%s", e->text);
	ck_assert_uint_eq(v, e->value);
}
END_TEST

static const struct expected rates[] = {
	{"0", true, 0}, {"0/s", true, 0}, {"500/s", true, 500},
	{"600/m", true, 10}, {"1/m", true, 1}, {"61/m", true, 2},
	{"", false, 0}, {"500", false, 0}, {"/s", false, 0},
	{"0/", false, 0}, {"5/h", false, 0}, {"5/s ", false, 0},
	{"5/s/s", false, 0}, {"-5/s", false, 0}, {"5k/s", false, 0},
	{"99999999999999999999/s", false, 0},
};

START_TEST(a_rate_is_of_a_second_or_a_minute)
{
	const struct expected *e = &rates[_i];
	uint64_t v = 0;
	const char *wrong = value_parse_rate(slice_str(e->text), &v);

	ck_assert_msg((wrong == NULL) == e->good, "%s", e->text);
	ck_assert_uint_eq(v, e->value);
}
END_TEST

START_TEST(shares_and_rates_are_printed_shortly)
{
	char text[VALUE_TEXT];

	ck_assert_str_eq(value_format_share(1000000, text), "100%");
	ck_assert_str_eq(value_format_share(1000, text), "0.1%");
	ck_assert_str_eq(value_format_share(1, text), "0.0001%");
	ck_assert_str_eq(value_format_share(0, text), "0%");
	ck_assert_str_eq(value_format_rate(500, text), "500/s");
	ck_assert_str_eq(value_format_rate(0, text), "0");
}
END_TEST

START_TEST(what_is_printed_is_read_again)
{
	static const uint64_t values[] = {0, 1, 999, 1000, 1024, 60000,
		90000, 3600000, 86400000, 1048576, 1073741825, 1u << 30};
	char text[VALUE_TEXT];
	uint64_t v;

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		value_format_time(values[i], text);
		ck_assert_ptr_null(value_parse_time(slice_str(text), &v));
		ck_assert_uint_eq(v, values[i]);
		value_format_size(values[i], text);
		ck_assert_ptr_null(value_parse_size(slice_str(text), &v));
		ck_assert_uint_eq(v, values[i]);
	}
	ck_assert_str_eq(value_format_time(90000, text), "90s");
	ck_assert_str_eq(value_format_size(16384, text), "16k");
}
END_TEST

static const char *nearest(const char *given)
{
	struct suggest s;

	suggest_init(&s, given);
	suggest_offer(&s, "backends");
	suggest_offer(&s, "balance");
	suggest_offer(&s, "on");
	(void)suggest_tail(&s);
	return s.best;
}

START_TEST(a_slip_finds_its_word)
{
	ck_assert_str_eq(nearest("balanse"), "balance");
	ck_assert_str_eq(nearest("blaance"), "balance");
	ck_assert_str_eq(nearest("backend"), "backends");
	ck_assert_str_eq(nearest("no"), "on");
	ck_assert_str_eq(nearest("servers"), "backends");
	ck_assert_ptr_null(nearest("maxconn")); /* no such word is offered */
	ck_assert_ptr_null(nearest("timeouts"));
	ck_assert_ptr_null(nearest(""));
	ck_assert_ptr_null(nearest("an-unusually-long-name-of-a-key-that-is-"
	    "longer-than-any-word-we-know"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("value");
	TCase *t = tcase_create("value");

	tcase_add_loop_test(t, a_duration_is_a_number_with_a_unit, 0,
	    sizeof times / sizeof times[0]);
	tcase_add_loop_test(t, a_size_is_a_number_with_a_unit, 0,
	    sizeof sizes / sizeof sizes[0]);
	tcase_add_loop_test(t, a_percentage_is_0_to_100, 0,
	    sizeof shares / sizeof shares[0]);
	tcase_add_loop_test(t, a_rate_is_of_a_second_or_a_minute, 0,
	    sizeof rates / sizeof rates[0]);
	tcase_add_test(t, shares_and_rates_are_printed_shortly);
	tcase_add_test(t, what_is_printed_is_read_again);
	tcase_add_test(t, a_slip_finds_its_word);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
