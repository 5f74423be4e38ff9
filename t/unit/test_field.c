/* SPDX-License-Identifier: BSD-2-Clause */
/* Well-known names and comma-separated lists. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/field.h"

START_TEST(every_known_name_is_found)
{
	unsigned id;

	for (id = FIELD_OTHER + 1; id < FIELD_KNOWN; id++)
		ck_assert_uint_eq(field_find_id(field_name(id)), id);
}
END_TEST

START_TEST(names_are_found_in_any_case)
{
	ck_assert_uint_eq(field_find_id(SLICE("Host")), FIELD_HOST);
	ck_assert_uint_eq(field_find_id(SLICE("tE")), FIELD_TE);
	ck_assert_uint_eq(field_find_id(SLICE("CONTENT-LENGTH")),
	    FIELD_CONTENT_LENGTH);
	ck_assert_uint_eq(field_find_id(SLICE("X-Forwarded-Port")),
	    FIELD_X_FORWARDED_PORT);
}
END_TEST

START_TEST(names_that_differ_in_a_byte_are_others)
{
	char text[64];
	struct slice name;
	unsigned id;
	size_t i;

	for (id = FIELD_OTHER + 1; id < FIELD_KNOWN; id++) {
		name = field_name(id);
		for (i = 0; i < name.n; i++) {
			memcpy(text, name.p, name.n);
			text[i] = '_';
			ck_assert_uint_eq(
			    field_find_id(slice_make(text, name.n)),
			    FIELD_OTHER);
		}
	}
	ck_assert_uint_eq(field_find_id(SLICE("")), FIELD_OTHER);
	ck_assert_uint_eq(field_find_id(SLICE("h")), FIELD_OTHER);
	ck_assert_uint_eq(field_find_id(SLICE("hos")), FIELD_OTHER);
}
END_TEST

START_TEST(hop_by_hop_names_are_known)
{
	ck_assert(field_is_hop(FIELD_CONNECTION));
	ck_assert(field_is_hop(FIELD_TRANSFER_ENCODING));
	ck_assert(field_is_hop(FIELD_UPGRADE));
	ck_assert(!field_is_hop(FIELD_HOST));
	ck_assert(!field_is_hop(FIELD_OTHER));
}
END_TEST

static void check_items(const char *list, const char *joined)
{
	struct slice rest = slice_str(list), item;
	char text[128];
	size_t n = 0;

	while (field_next_item(&rest, &item)) {
		memcpy(text + n, item.p, item.n);
		n += item.n;
		text[n++] = '|';
	}
	text[n] = '\0';
	ck_assert_str_eq(text, joined);
}

START_TEST(lists_are_cut_at_commas)
{
	check_items("", "");
	check_items("a", "a|");
	check_items("a,b , c\t,d", "a|b|c|d|");
	check_items(" ,, a,, b, ,", "a|b|");
	check_items(",", "");
}
END_TEST

START_TEST(quoted_commas_stay)
{
	check_items("\"a,b\",c", "\"a,b\"|c|");
	check_items("x=\"\\\",\", y", "x=\"\\\",\"|y|");
	check_items("\"open, b", "\"open, b|");
	check_items("\"a\\", "\"a\\|");
	check_items("a\\,b", "a\\|b|");
}
END_TEST

START_TEST(parameters_are_cut_at_semicolons)
{
	struct slice rest = SLICE("text/html ; a=\";,\";; q=1"), part;

	ck_assert(field_next_parameter(&rest, &part));
	ck_assert(slice_eq(part, SLICE("text/html")));
	ck_assert(field_next_parameter(&rest, &part));
	ck_assert(slice_eq(part, SLICE("a=\";,\"")));
	ck_assert(field_next_parameter(&rest, &part));
	ck_assert(slice_eq(part, SLICE("q=1")));
	ck_assert(!field_next_parameter(&rest, &part));
}
END_TEST

START_TEST(a_list_has_its_tokens)
{
	ck_assert(field_has_item(SLICE("Keep-Alive, CLOSE"), SLICE("close")));
	ck_assert(!field_has_item(SLICE("closed"), SLICE("close")));
	ck_assert(!field_has_item(SLICE(""), SLICE("close")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("field");
	TCase *tc = tcase_create("field");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, every_known_name_is_found);
	tcase_add_test(tc, names_are_found_in_any_case);
	tcase_add_test(tc, names_that_differ_in_a_byte_are_others);
	tcase_add_test(tc, hop_by_hop_names_are_known);
	tcase_add_test(tc, lists_are_cut_at_commas);
	tcase_add_test(tc, quoted_commas_stay);
	tcase_add_test(tc, parameters_are_cut_at_semicolons);
	tcase_add_test(tc, a_list_has_its_tokens);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
