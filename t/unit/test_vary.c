/* SPDX-License-Identifier: BSD-2-Clause */
/* Vary: RFC 9110, 12.5.5; RFC 9111, 4.1. */
/* links: http base */
#include <stdlib.h>

#include "heads.h"
#include "http/vary.h"

static struct test_head made;

/* Joined by '|', "never" if it fits nobody else. */
static void check_names(const char *lines, const char *joined)
{
	struct slice names[VARY_MOST];
	char got[512] = "";
	unsigned i, n = 99;

	if (vary_names(heads_response(&made, 200, lines), names, &n)) {
		ck_assert_uint_le(n, VARY_MOST);
		for (i = 0; i < n; i++) {
			strncat(got, names[i].p, names[i].n);
			strcat(got, "|");
		}
	} else {
		strcpy(got, "never");
	}
	ck_assert_str_eq(got, joined);
}

START_TEST(names_are_cut_from_all_lines)
{
	check_names("", "");
	check_names("Vary:\r\n", "");
	check_names("Vary: ,\r\n", "");
	check_names("Vary: Accept-Encoding\r\n", "Accept-Encoding|");
	check_names("Vary: a, b,c\r\n", "a|b|c|");
	check_names("Vary: a\r\nX: y\r\nvary: b\r\n", "a|b|");
}
END_TEST

START_TEST(each_name_is_there_once)
{
	check_names("Vary: Foo, foo, bar, FOO\r\nVary: Bar\r\n", "Foo|bar|");
}
END_TEST

/* RFC 9111, 4.1 */
START_TEST(an_asterisk_fits_nobody)
{
	check_names("Vary: *\r\n", "never");
	check_names("Vary: *, *\r\n", "never");
	check_names("Vary: *\r\nVary: *\r\n", "never");
	check_names("Vary: , *\r\n", "never");
	check_names("Vary:\r\nVary: *\r\n", "never");
	check_names("Vary: *, Foo\r\n", "never");
	check_names("Vary: Foo, *\r\n", "never");
	check_names("Vary: *a\r\n", "*a|");
}
END_TEST

START_TEST(what_is_no_name_fits_nobody)
{
	check_names("Vary: a b\r\n", "never");
	check_names("Vary: a;b\r\n", "never");
	check_names("Vary: \"a\"\r\n", "never");
	check_names("Vary: a, b=c\r\n", "never");
}
END_TEST

START_TEST(names_are_bounded)
{
	check_names("Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,a,b\r\n",
	    "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|");
	check_names("Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n", "never");
}
END_TEST

/* "-" if the request has none. */
static void check_value(const char *lines, const char *name, const char *value)
{
	char text[512];
	struct buf b;
	bool has;

	buf_init(&b, text, sizeof(text) - 1);
	vary_put(&b, heads_request(&made, lines), slice_str(name), &has);
	ck_assert(!b.full);
	text[buf_length(&b)] = '\0';
	ck_assert_str_eq(has ? text : "-", value);
	ck_assert(has || buf_length(&b) == 0);
}

START_TEST(values_are_those_of_the_request)
{
	check_value("Foo: 1\r\nBar: 2\r\n", "foo", "1");
	check_value("Foo: 1\r\nBar: 2\r\n", "BAR", "2");
	check_value("Foo: 1\r\nAccept: text/html\r\n", "Accept", "text/html");
	check_value("Foo: 1\r\n", "Accept", "-");
	check_value("Foo: 1\r\n", "Ba", "-");
	check_value("", "Foo", "-");
	check_value("Foo:\r\n", "Foo", "");
}
END_TEST

START_TEST(lines_are_joined)
{
	check_value("Foo: 1\r\nX: y\r\nFoo: 2\r\n", "Foo", "1,2");
	check_value("Accept: a/b\r\nAccept: c/d\r\n", "accept", "a/b,c/d");
	check_value("Foo: 1, 2\r\n", "Foo", "1,2");
	check_value("Foo:\r\nFoo: 2\r\n", "Foo", ",2");
}
END_TEST

START_TEST(blanks_round_commas_do_not_count)
{
	check_value("Foo: 1,2\r\n", "Foo", "1,2");
	check_value("Foo: 1 \t,\t 2\r\n", "Foo", "1,2");
	check_value("Foo: , 1\r\n", "Foo", ",1");
	check_value("Foo: 1 ,\r\n", "Foo", "1,");
	check_value("Foo: 1 , , 2\r\n", "Foo", "1,,2");
	check_value("Foo: a b  c, d\r\n", "Foo", "a b  c,d");
}
END_TEST

START_TEST(quoted_blanks_count)
{
	check_value("Foo: \"a , b\" , c\r\n", "Foo", "\"a , b\",c");
	check_value("Foo: \"a\\\" , b\" , c\r\n", "Foo",
	    "\"a\\\" , b\",c");
	check_value("Foo: \"a , b\r\n", "Foo", "\"a , b");
	check_value("Foo: \"a\r\nFoo: b , c\", d , e\r\n", "Foo",
	    "\"a,b , c\",d,e");
}
END_TEST

START_TEST(codings_and_languages_have_no_case)
{
	check_value("Accept-Encoding: GZip, br\r\n", "Accept-Encoding",
	    "gzip,br");
	check_value("Accept-Language: en-GB\r\n", "accept-language", "en-gb");
	check_value("User-Agent: Mozilla\r\n", "user-agent", "Mozilla");
	check_value("Foo: A\r\n", "foo", "A");
}
END_TEST

START_TEST(what_a_client_has_no_right_to_is_not_there)
{
	struct test_head t;
	struct buf b;
	char text[64];
	bool has;

	heads_request(&t, "X-SSL-Name: a\r\nX-SSL-Name: b\r\n");
	t.fields[0].flags |= FIELD_FORGED;
	buf_init(&b, text, sizeof(text));
	vary_put(&b, &t.h, SLICE("x-ssl-name"), &has);
	ck_assert(has && slice_eq(slice_make(text, buf_length(&b)),
	    SLICE("b")));
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
	struct buf b;
	char text[4];
	bool has;

	buf_init(&b, text, sizeof(text));
	vary_put(&b, heads_request(&made, "Foo: 12345\r\n"), SLICE("foo"),
	    &has);
	ck_assert(b.full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vary");
	TCase *tc = tcase_create("vary");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, names_are_cut_from_all_lines);
	tcase_add_test(tc, each_name_is_there_once);
	tcase_add_test(tc, an_asterisk_fits_nobody);
	tcase_add_test(tc, what_is_no_name_fits_nobody);
	tcase_add_test(tc, names_are_bounded);
	tcase_add_test(tc, values_are_those_of_the_request);
	tcase_add_test(tc, lines_are_joined);
	tcase_add_test(tc, blanks_round_commas_do_not_count);
	tcase_add_test(tc, quoted_blanks_count);
	tcase_add_test(tc, codings_and_languages_have_no_case);
	tcase_add_test(tc, what_a_client_has_no_right_to_is_not_there);
	tcase_add_test(tc, what_does_not_fit_is_told);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
