/* SPDX-License-Identifier: BSD-2-Clause */
/* Structured fields: RFC 8941, 3 and 4.2. */
/* links: http base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/sf.h"

static const char types[] = {
	[SF_INTEGER] = 'i', [SF_DECIMAL] = 'd', [SF_STRING] = 's',
	[SF_TOKEN] = 't', [SF_BYTES] = 'b', [SF_BOOLEAN] = '?',
	[SF_INNER_LIST] = 'l',
};

/* Each piece as "type:value;parameters", and a space. */
static void show(char *to, size_t room, const struct sf_item *item)
{
	size_t n = strlen(to);

	n += (size_t)snprintf(to + n, room - n, "%c:", types[item->type]);
	if (item->type == SF_INTEGER || item->type == SF_DECIMAL ||
	    item->type == SF_BOOLEAN)
		n += (size_t)snprintf(to + n, room - n, "%lld",
		    (long long)item->integer);
	else
		n += (size_t)snprintf(to + n, room - n, "%.*s",
		    SLICE_FMT(item->text));
	snprintf(to + n, room - n, "%.*s ", SLICE_FMT(item->params));
}

/* "BAD" at the end if it is not well-formed. */
static void check_list(const char *text, const char *shown)
{
	struct slice rest = slice_str(text);
	struct sf_item item;
	char got[512] = "";
	bool bad;

	while (sf_next_item(&rest, &item, &bad))
		show(got, sizeof(got), &item);
	if (bad)
		strcpy(got, "BAD");
	ck_assert_str_eq(got, shown);
}

static void check_dictionary(const char *text, const char *shown)
{
	struct slice rest = slice_str(text), key;
	struct sf_item item;
	char got[512] = "";
	bool bad;

	while (sf_next_member(&rest, &key, &item, &bad)) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%.*s=", SLICE_FMT(key));
		show(got, sizeof(got), &item);
	}
	if (bad)
		strcpy(got, "BAD");
	ck_assert_str_eq(got, shown);
}

START_TEST(lists_have_commas_between_members)
{
	check_list("", "");
	check_list("   ", "");
	check_list("a", "t:a ");
	check_list("  a", "t:a ");
	check_list("a  ", "t:a ");
	check_list("a, b", "t:a t:b ");
	check_list("a ,\t b\t,c", "t:a t:b t:c ");
	check_list("a,", "BAD");
	check_list("a, ", "BAD");
	check_list(",a", "BAD");
	check_list("a,,b", "BAD");
	check_list("a b", "BAD");
	check_list("\ta", "BAD");
}
END_TEST

START_TEST(integers_have_fifteen_digits)
{
	check_list("0", "i:0 ");
	check_list("42", "i:42 ");
	check_list("-42", "i:-42 ");
	check_list("-0", "i:0 ");
	check_list("007", "i:7 ");
	check_list("999999999999999", "i:999999999999999 ");
	check_list("-999999999999999", "i:-999999999999999 ");
	check_list("1000000000000000", "BAD");
	check_list("-", "BAD");
	check_list("--1", "BAD");
	check_list("+1", "BAD");
	check_list("- 1", "BAD");
	check_list("1e3", "BAD");
	check_list("0x1", "BAD");
}
END_TEST

START_TEST(decimals_have_twelve_digits_and_three)
{
	check_list("1.5", "d:1 ");
	check_list("-1.5", "d:-1 ");
	check_list("0.125", "d:0 ");
	check_list("123456789012.123", "d:123456789012 ");
	check_list("1234567890123.1", "BAD");
	check_list("1.1234", "BAD");
	check_list("1.", "BAD");
	check_list(".5", "BAD");
	check_list("1.5.5", "BAD");
	check_list("-.5", "BAD");
}
END_TEST

START_TEST(strings_are_printable_ascii)
{
	check_list("\"\"", "s: ");
	check_list("\"a b\"", "s:a b ");
	check_list("\"a,b;c\", d", "s:a,b;c t:d ");
	check_list("\"a\\\"b\\\\\"", "s:a\\\"b\\\\ ");
	check_list("\"a", "BAD");
	check_list("\"a\\\"", "BAD");
	check_list("\"a\\", "BAD");
	check_list("\"a\\b\"", "BAD");
	check_list("\"a\tb\"", "BAD");
	check_list("\"\x7f\"", "BAD");
	check_list("\"\xc3\xa4\"", "BAD");
	check_list("'a'", "BAD");
}
END_TEST

START_TEST(tokens_begin_with_a_letter_or_asterisk)
{
	check_list("a", "t:a ");
	check_list("*", "t:* ");
	check_list("A:b/c*", "t:A:b/c* ");
	check_list("text/html", "t:text/html ");
	check_list("a!#$%&'*+-.^_`|~1", "t:a!#$%&'*+-.^_`|~1 ");
	check_list("!a", "BAD");
	check_list("a\"b\"", "BAD");
	check_list("a(b)", "BAD");
	check_list("&", "BAD");
}
END_TEST

START_TEST(bytes_are_base64_between_colons)
{
	check_list("::", "b: ");
	check_list(":aGVsbG8=:", "b:aGVsbG8= ");
	check_list(":aGVsbG8:", "b:aGVsbG8 ");
	check_list(":aa==:", "b:aa== ");
	check_list(":+/+/:", "b:+/+/ ");
	check_list(":aGVs", "BAD");
	check_list(":", "BAD");
	check_list(":a:", "BAD");
	check_list(":a=bc:", "BAD");
	check_list(":aa=:", "BAD");
	check_list(":aaa==:", "BAD");
	check_list(":====:", "BAD");
	check_list(":a_bc:", "BAD");
	check_list(":aa bb:", "BAD");
}
END_TEST

START_TEST(booleans_are_one_or_nothing)
{
	check_list("?1", "?:1 ");
	check_list("?0", "?:0 ");
	check_list("?2", "BAD");
	check_list("?", "BAD");
	check_list("?T", "BAD");
	check_list("?11", "BAD");
}
END_TEST

START_TEST(inner_lists_have_spaces_between_items)
{
	check_list("()", "l: ");
	check_list("( )", "l:  ");
	check_list("(a b)", "l:a b ");
	check_list("( a  1 );x", "l: a  1 ;x ");
	check_list("(\"a)\" b), c", "l:\"a)\" b t:c ");
	check_list("(a;x=1 b;y), d", "l:a;x=1 b;y t:d ");
	check_list("(a", "BAD");
	check_list("(a ", "BAD");
	check_list("(a,b)", "BAD");
	check_list("(a\tb)", "BAD");
	check_list("((a))", "BAD");
	check_list("(\"a\"b)", "BAD");
	check_list("a)", "BAD");
}
END_TEST

START_TEST(items_of_an_inner_list_are_cut)
{
	struct slice rest = SLICE("  a;p=1  \"b c\" 3 ");
	struct sf_item item;
	char got[128] = "";
	bool bad;

	while (sf_next_inner(&rest, &item, &bad))
		show(got, sizeof(got), &item);
	ck_assert(!bad);
	ck_assert_str_eq(got, "t:a;p=1 s:b c i:3 ");
	rest = SLICE("a,b");
	ck_assert(!sf_next_inner(&rest, &item, &bad));
	ck_assert(bad);
}
END_TEST

START_TEST(parameters_belong_to_their_item)
{
	check_list("a;b=1;c", "t:a;b=1;c ");
	check_list("a; b=1;   c", "t:a; b=1;   c ");
	check_list("a;b=\"x;y,z\", d", "t:a;b=\"x;y,z\" t:d ");
	check_list("a;*x.y_z-1=?0", "t:a;*x.y_z-1=?0 ");
	check_list("a ;b", "BAD");
	check_list("a;", "BAD");
	check_list("a;B=1", "BAD");
	check_list("a;b =1", "BAD");
	check_list("a;b= 1", "BAD");
	check_list("a;b=", "BAD");
	check_list("a;b=(c)", "BAD");
	check_list("a;\tb", "BAD");
}
END_TEST

START_TEST(parameters_are_cut)
{
	struct slice rest = SLICE("; a=1;b;c=\"x;y\""), key;
	struct sf_item item;
	char got[128] = "";
	bool bad;

	while (sf_next_parameter(&rest, &key, &item, &bad)) {
		strncat(got, key.p, key.n);
		show(got, sizeof(got), &item);
	}
	ck_assert(!bad);
	ck_assert_str_eq(got, "ai:1 b?:1 cs:x;y ");
	rest = SLICE("a=1");
	ck_assert(!sf_next_parameter(&rest, &key, &item, &bad));
	ck_assert(bad);
}
END_TEST

START_TEST(dictionaries_have_keys)
{
	check_dictionary("", "");
	check_dictionary("a=1", "a=i:1 ");
	check_dictionary("a=1, b=\"x\" ,c=?0", "a=i:1 b=s:x c=?:0 ");
	check_dictionary("a=(b c);d", "a=l:b c;d ");
	check_dictionary("*a.b_c-1=*", "*a.b_c-1=t:* ");
	check_dictionary("a=1, a=2", "a=i:1 a=i:2 ");
	check_dictionary("a=1,", "BAD");
	check_dictionary("a=", "BAD");
	check_dictionary("a= 1", "BAD");
	check_dictionary("a =1", "BAD");
	check_dictionary("A=1", "BAD");
	check_dictionary("1=1", "BAD");
	check_dictionary("=1", "BAD");
	check_dictionary("a=1 b=2", "BAD");
	check_dictionary("a=1, &&&", "BAD");
}
END_TEST

START_TEST(members_without_a_value_are_true)
{
	check_dictionary("a", "a=?:1 ");
	check_dictionary("a, b", "a=?:1 b=?:1 ");
	check_dictionary("a;x=1, b=2", "a=?:1;x=1 b=i:2 ");
}
END_TEST

START_TEST(a_nul_is_no_part_of_anything)
{
	struct slice rest = slice_make("a\0b", 3), key;
	struct sf_item item;
	bool bad;

	ck_assert(!sf_next_member(&rest, &key, &item, &bad));
	ck_assert(bad);
}
END_TEST

START_TEST(escapes_are_left_out)
{
	char to[8];

	ck_assert_uint_eq(sf_unescape(SLICE("a\\\"b\\\\"), to, sizeof(to)), 4);
	ck_assert_mem_eq(to, "a\"b\\", 4);
	ck_assert_uint_eq(sf_unescape(SLICE("abc"), to, 2), 2);
	ck_assert_uint_eq(sf_unescape(SLICE(""), to, sizeof(to)), 0);
	ck_assert_uint_eq(sf_unescape(SLICE("a\\"), to, sizeof(to)), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sf");
	TCase *c = tcase_create("sf");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, lists_have_commas_between_members);
	tcase_add_test(c, integers_have_fifteen_digits);
	tcase_add_test(c, decimals_have_twelve_digits_and_three);
	tcase_add_test(c, strings_are_printable_ascii);
	tcase_add_test(c, tokens_begin_with_a_letter_or_asterisk);
	tcase_add_test(c, bytes_are_base64_between_colons);
	tcase_add_test(c, booleans_are_one_or_nothing);
	tcase_add_test(c, inner_lists_have_spaces_between_items);
	tcase_add_test(c, items_of_an_inner_list_are_cut);
	tcase_add_test(c, parameters_belong_to_their_item);
	tcase_add_test(c, parameters_are_cut);
	tcase_add_test(c, dictionaries_have_keys);
	tcase_add_test(c, members_without_a_value_are_true);
	tcase_add_test(c, a_nul_is_no_part_of_anything);
	tcase_add_test(c, escapes_are_left_out);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
