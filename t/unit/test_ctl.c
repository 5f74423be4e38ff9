/* SPDX-License-Identifier: BSD-2-Clause */
/* What porticoctl makes of an answer: records, texts, tables, sums. */
/* links: ctl conf base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/look.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/utf8.h"

static struct record r;

static bool parses(const char *line)
{
	return record_parse(slice_str(line), &r);
}

START_TEST(records_have_texts_and_numbers)
{
	ck_assert(parses("backend\tname=a=b\twhy=\tup:=-3\tbig:="
	    "9223372036854775807"));
	ck_assert(record_is(&r, "backend"));
	ck_assert_uint_eq(r.n, 4);
	ck_assert(slice_eq(record_text(&r, "name"), SLICE("a=b")));
	ck_assert_uint_eq(record_text(&r, "why").n, 0);
	ck_assert_int_eq(record_find(&r, "up")->number, -3);
	ck_assert(record_find(&r, "up")->is_number);
	ck_assert_int_eq(record_find(&r, "big")->number, INT64_MAX);
	ck_assert_ptr_null(record_find(&r, "nam"));
	ck_assert(parses("end"));
	ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(texts_are_whole_lines)
{
	ck_assert(parses("text\t=\ta = \"b\";\tc=d"));
	ck_assert_uint_eq(r.n, 1);
	ck_assert(slice_eq(r.fields[0].text, SLICE("\ta = \"b\";\tc=d")));
	ck_assert(parses("text\t="));
	ck_assert_uint_eq(r.fields[0].text.n, 0);
	ck_assert(!parses("text"));
	ck_assert(!parses("text\t"));
	ck_assert(!parses("text\ta=b"));
}
END_TEST

START_TEST(what_is_no_record_is_refused)
{
	static const char *const bad[] = {"", "\ta=b", "Pool\ta=b", "p q",
		"p\t", "p\ta", "p\t=b", "p\tA=b", "p\ta=1\ta=2",
		"p\ta=1\ta:=2", "p\ta:=", "p\ta:=x", "p\ta:=+1", "p\ta:=1 ",
		"p\ta:=01", "p\ta:=-", "p\ta:=9223372036854775808",
		"p\ta=b\t\tc=d"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!parses(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(records_have_as_many_fields_as_fit)
{
	char line[RECORD_FIELDS * 8 + 16];
	int n = snprintf(line, sizeof line, "p");

	for (int i = 0; i < RECORD_FIELDS; i++)
		n += snprintf(line + n, sizeof line - (size_t)n, "\tk%d=", i);
	ck_assert(parses(line));
	ck_assert_uint_eq(r.n, RECORD_FIELDS);
	snprintf(line + n, sizeof line - (size_t)n, "\tx=");
	ck_assert(!parses(line));
}
END_TEST

/* What answer_parse says of the text; "" if it is good. */
static const char *wrong_with(struct answer *a, const char *text)
{
	const char *wrong = answer_parse(a, strdup(text), strlen(text));

	return wrong ? wrong : "";
}

START_TEST(answers_have_a_verdict_and_an_end)
{
	struct answer a;

	ck_assert_str_eq(wrong_with(&a, "ok\npool\tname=a\nend\n"), "");
	ck_assert(a.ok);
	ck_assert_uint_eq(a.nlines, 1);
	answer_record(&a, 0, &r);
	ck_assert(record_is(&r, "pool"));
	answer_fini(&a);
	ck_assert_str_eq(wrong_with(&a, "error refused not so\nend\n"), "");
	ck_assert(!a.ok);
	ck_assert(slice_eq(a.code, SLICE("refused")));
	ck_assert(slice_eq(a.text, SLICE("not so")));
	answer_fini(&a);
}
END_TEST

START_TEST(what_is_no_answer_is_refused)
{
	static const char *const bad[] = {"", "ok", "ok\n", "ok\nend",
		"end\n", "\nend\n", "ok \nend\n", "no\nend\n",
		"error\nend\n", "error \nend\n", "ok\n\nend\n",
		"ok\nend\nend\n", "ok\nPool\nend\n", "ok\npool\tname=a\n"};
	struct answer a;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(*wrong_with(&a, bad[i]), "%s", bad[i]);
		answer_fini(&a);
	}
}
END_TEST

START_TEST(long_lines_are_no_answer)
{
	static char text[CTL_LINE_MAX + 64];
	struct answer a;
	int n = snprintf(text, sizeof text, "ok\ntext\t=");

	memset(text + n, 'x', CTL_LINE_MAX);
	strcpy(text + n + CTL_LINE_MAX, "\nend\n");
	ck_assert(*wrong_with(&a, text));
	answer_fini(&a);
	strcpy(text + CTL_LINE_MAX - 1, "\nend\n");
	ck_assert_str_eq(wrong_with(&a, text), "");
	answer_fini(&a);
}
END_TEST

START_TEST(utf8_is_what_the_rfc_allows)
{
	ck_assert_uint_eq(utf8_first(SLICE("")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("a")), 1);
	ck_assert_uint_eq(utf8_first(SLICE("\xc3\xa9")), 2);
	ck_assert_uint_eq(utf8_first(SLICE("\xe2\x82\xac!")), 3);
	ck_assert_uint_eq(utf8_first(SLICE("\xf0\x9f\x98\x80")), 4);
	ck_assert_uint_eq(utf8_first(SLICE("\xc3")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\xc0\x80")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\xe0\x80\x80")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\xed\xa0\x80")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\xf4\x90\x80\x80")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\xe2\x82")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\xe2\x82""a")), 0);
	ck_assert_uint_eq(utf8_first(SLICE("\x80")), 0);
	ck_assert_uint_eq(utf8_first_plain(SLICE("\033")), 0);
	ck_assert_uint_eq(utf8_first_plain(SLICE("\x7f")), 0);
	ck_assert_uint_eq(utf8_first_plain(SLICE("\xc2\x9b")), 0);
	ck_assert_uint_eq(utf8_first_plain(SLICE("\xc2\xa0")), 2);
}
END_TEST

static void check_json(struct slice text, const char *expected)
{
	char got[256] = "";
	FILE *f = fmemopen(got, sizeof got, "w");

	json_text(f, text);
	fclose(f);
	ck_assert_str_eq(got, expected);
}

START_TEST(json_holds_any_bytes)
{
	check_json(SLICE(""), "\"\"");
	check_json(SLICE("a\"b\\c/\t\n\033\x7f"),
	    "\"a\\\"b\\\\c/\\t\\u000a\\u001b\\u007f\"");
	check_json(SLICE("\0x"), "\"\\u0000x\"");
	check_json(SLICE("\xc2\x9b\xc2\xa0"), "\"\\u009b\xc2\xa0\"");
	check_json(SLICE("\xc3\xa9\xff\xe2\x82"),
	    "\"\xc3\xa9\\ufffd\\ufffd\\ufffd\"");
}
END_TEST

START_TEST(fields_are_members)
{
	char got[256] = "";
	FILE *f = fmemopen(got, sizeof got, "w");

	ck_assert(parses("b\trate_x10:=-1203\tbackup:=1\tadded:=0\tn:=-7"
	    "\tt=9"));
	json_fields(f, &r);
	fclose(f);
	ck_assert_str_eq(got, "\"rate\":-120.3,\"backup\":true,"
	    "\"added\":false,\"n\":-7,\"t\":\"9\"");
}
END_TEST

START_TEST(numbers_are_short)
{
	char to[SHOW_BYTES];

	ck_assert_str_eq(show_us(to, 0), "-");
	ck_assert_str_eq(show_us(to, 999), "999us");
	ck_assert_str_eq(show_us(to, 1250), "1.2ms");
	ck_assert_str_eq(show_us(to, 15999), "15ms");
	ck_assert_str_eq(show_us(to, 2590000), "2.5s");
	ck_assert_str_eq(show_tenths(to, 0), "0");
	ck_assert_str_eq(show_tenths(to, 9999), "999.9");
	ck_assert_str_eq(show_tenths(to, 10009), "1000");
	ck_assert_str_eq(show_span(to, -1), "0s");
	ck_assert_str_eq(show_span(to, 59), "59s");
	ck_assert_str_eq(show_span(to, 3599), "59m");
	ck_assert_str_eq(show_span(to, 3660), "1h 1m");
	ck_assert_str_eq(show_span(to, 90000), "1d 1h");
	ck_assert_str_eq(show_of(to, 3, 0), "3");
	ck_assert_str_eq(show_of(to, 3, 10), "3/10");
}
END_TEST

static void check_row(const struct table *t, unsigned row, unsigned width,
    const char *expected)
{
	char got[256] = "";
	FILE *f = fmemopen(got, sizeof got, "w");

	table_row(t, row, width, f);
	fclose(f);
	ck_assert_str_eq(got, expected);
}

START_TEST(columns_are_as_wide_as_their_cells)
{
	struct table t;

	table_init(&t, "lrl");
	table_str(&t, "A");
	table_str(&t, "NUMBER");
	table_str(&t, "WHY");
	table_str(&t, "\xc3\xa9\xc3\xa9\xc3\xa9");
	table_number(&t, -12);
	table_str(&t, "");
	table_str(&t, "");
	table_str(&t, "1");
	table_str(&t, "a\033[b");
	ck_assert_uint_eq(table_rows(&t), 3);
	check_row(&t, 0, 0, "A    NUMBER  WHY");
	check_row(&t, 1, 0, "\xc3\xa9\xc3\xa9\xc3\xa9     -12");
	check_row(&t, 2, 0, "          1  a?[b");
	for (unsigned width = 1; width < 5; width++)
		check_row(&t, 0, width, "A");
	check_row(&t, 0, 7, "A    NU");
	check_row(&t, 1, 2, "\xc3\xa9\xc3\xa9");
	table_fini(&t);
}
END_TEST

START_TEST(only_the_last_column_is_of_any_width)
{
	char name[101], text[256];
	struct table t;

	memset(name, 'n', 100);
	name[100] = '\0';
	snprintf(text, sizeof text, "%.*s  %s", TABLE_WIDEST, name, name);
	table_init(&t, "ll");
	table_str(&t, name);
	table_str(&t, name);
	check_row(&t, 0, 0, text);
	table_fini(&t);
}
END_TEST

static void take(struct look *l, const char *text)
{
	struct answer a;

	ck_assert_str_eq(wrong_with(&a, text), "");
	look_take(l, &a);
}

START_TEST(backends_belong_to_their_pools)
{
	struct look l;

	take(&l, "ok\nbackend\tpool=b\tname=x\tin_flight:=1\n"
	    "backend\tpool=a\tname=web\tin_flight:=-5\n"
	    "backend\tpool=gone\tname=web\n"
	    "backend\tpool=b\tname=a\tin_flight:=9223372036854775807\n"
	    "pool\tname=a\npool\tname=b\npool\tname=a\npool\tname=empty\n"
	    "process\trole=worker\tstate=live\nprocess\trole=worker\t"
	    "state=dead\nprocess\trole=heir\tstate=live\nodd\ta=b\nend\n");
	ck_assert_uint_eq(l.status.npools, 4);
	ck_assert_uint_eq(l.status.pools[0].n, 1);
	ck_assert_int_eq(l.status.pools[0].backends[0].in_flight, 0);
	ck_assert_uint_eq(l.status.pools[1].n, 2);
	ck_assert(slice_eq(l.status.pools[1].backends[0].name, SLICE("x")));
	ck_assert_int_eq(l.status.pools[1].backends[1].in_flight,
	    STATUS_MOST);
	ck_assert_uint_eq(l.status.pools[2].n, 0);
	ck_assert_uint_eq(l.status.pools[3].n, 0);
	ck_assert_uint_eq(l.status.nroles, 2);
	ck_assert_uint_eq(l.status.roles[0].live, 1);
	ck_assert_uint_eq(l.status.roles[0].others, 1);
	ck_assert_ptr_eq(status_find_pool(&l.status, SLICE("b")),
	    &l.status.pools[1]);
	ck_assert_ptr_null(status_find_pool(&l.status, SLICE("c")));
	look_fini(&l);
}
END_TEST

START_TEST(a_name_means_its_members)
{
	struct status_backend b = {.name = SLICE("web")};

	ck_assert(status_is_member(&b, SLICE("web")));
	ck_assert(!status_is_member(&b, SLICE("we")));
	ck_assert(!status_is_member(&b, SLICE("web#2")));
	b.name = SLICE("web#12");
	ck_assert(status_is_member(&b, SLICE("web")));
	ck_assert(status_is_member(&b, SLICE("web#12")));
	ck_assert(!status_is_member(&b, SLICE("web#1")));
	b.name = SLICE("web#x");
	ck_assert(!status_is_member(&b, SLICE("web")));
	b.name = SLICE("web2");
	ck_assert(!status_is_member(&b, SLICE("web")));
}
END_TEST

START_TEST(rates_are_between_two_looks)
{
	struct look before, now;
	struct figures f;

	take(&before, "ok\npool\tname=a\nbackend\tpool=a\tname=x\t"
	    "attempts:=100\terrors_5xx:=5\nbackend\tpool=a\tname=y\t"
	    "attempts:=900\nend\n");
	take(&now, "ok\npool\tname=a\tin_flight:=8\nbackend\tpool=a\tname=y\t"
	    "attempts:=3\tp95_us:=7\nbackend\tpool=a\tname=x\tattempts:=150\t"
	    "rate_x10:=77\terrors_5xx:=6\ttimeouts:=1\tp95_us:=5\nbackend\t"
	    "pool=a\tname=new\trate_x10:=3\tattempts:=1000\nend\n");
	now.at = before.at + 500000;
	f = look_backend(&now, NULL, &now.status.backends[1]);
	ck_assert_int_eq(f.rate_x10, 77);
	f = look_backend(&now, &before, &now.status.backends[1]);
	ck_assert_int_eq(f.rate_x10, 1000);
	ck_assert_int_eq(f.errors_x10, 40);
	f = look_pool(&now, &before, &now.status.pools[0]);
	ck_assert_int_eq(f.rate_x10, 1003);
	ck_assert_int_eq(f.in_flight, 8);
	ck_assert_int_eq(f.p95_us, 7);
	look_fini(&before);
	look_fini(&now);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl");
	TCase *tc = tcase_create("ctl");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, records_have_texts_and_numbers);
	tcase_add_test(tc, texts_are_whole_lines);
	tcase_add_test(tc, what_is_no_record_is_refused);
	tcase_add_test(tc, records_have_as_many_fields_as_fit);
	tcase_add_test(tc, answers_have_a_verdict_and_an_end);
	tcase_add_test(tc, what_is_no_answer_is_refused);
	tcase_add_test(tc, long_lines_are_no_answer);
	tcase_add_test(tc, utf8_is_what_the_rfc_allows);
	tcase_add_test(tc, json_holds_any_bytes);
	tcase_add_test(tc, fields_are_members);
	tcase_add_test(tc, numbers_are_short);
	tcase_add_test(tc, columns_are_as_wide_as_their_cells);
	tcase_add_test(tc, only_the_last_column_is_of_any_width);
	tcase_add_test(tc, backends_belong_to_their_pools);
	tcase_add_test(tc, a_name_means_its_members);
	tcase_add_test(tc, rates_are_between_two_looks);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
