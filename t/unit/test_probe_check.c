/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP checks: the request, and answers of every kind, byte by byte too. */
/* links: steward shm net http conf base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/regex.h"
#include "steward/check.h"

#define OK "HTTP/1.1 200 OK\r\n"

static struct conf_pool pool;

static void allow(unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		pool.health.status.bits[i / 64] |= (uint64_t)1 << i % 64;
}

static void setup(void)
{
	pool = (struct conf_pool){.name = "app"};
	pool.health.path = SLICE("/healthz");
	pool.health.method = SLICE("GET");
	allow(200, 399);
}

static void teardown(void)
{
	if (pool.health.body_re.code)
		regex_free(pool.health.body_re.code);
}

static void expect_body(const char *re, bool not)
{
	char wrong[REGEX_WRONG];

	pool.health.body_re.code = regex_compile(re, wrong);
	pool.health.body_not = not;
	ck_assert_ptr_nonnull(pool.health.body_re.code);
}

/* Fed by so many bytes at a time; ended: the backend closes behind them. */
static enum check_result feed(struct check *c, const char *text, size_t n,
    size_t by, bool ended)
{
	enum check_result result = CHECK_MORE;

	check_begin(c, &pool);
	for (size_t at = 0; at < n && result == CHECK_MORE; at += by)
		result = check_read(c, text + at, by < n - at ? by : n - at);
	if (result == CHECK_MORE && ended)
		result = check_end(c);
	check_free(c);
	check_free(c);
	return result;
}

/* The same in one piece and byte by byte. */
static void expect(const char *text, bool ended, enum check_result result,
    const char *why)
{
	struct check whole, bytes;
	size_t n = strlen(text);

	ck_assert_msg(feed(&whole, text, n, n + 1, ended) == result,
	    "%s: %s", text, whole.why);
	ck_assert_msg(feed(&bytes, text, n, 1, ended) == result,
	    "%s: %s, by bytes", text, bytes.why);
	if (why) {
		ck_assert_str_eq(whole.why, why);
		ck_assert_str_eq(bytes.why, why);
	}
}

START_TEST(the_request_names_the_backend)
{
	struct conf_backend b = {.host = SLICE("10.0.0.1:8080")};
	size_t n;
	char *text = check_request(&pool, &b, &n);

	ck_assert_uint_eq(n, strlen("GET /healthz HTTP/1.1\r\n"
	    "Host: 10.0.0.1:8080\r\nUser-Agent: health-check\r\n"
	    "Connection: close\r\n\r\n"));
	ck_assert_int_eq(memcmp(text, "GET /healthz HTTP/1.1\r\n"
	    "Host: 10.0.0.1:8080\r\nUser-Agent: health-check\r\n"
	    "Connection: close\r\n\r\n", n), 0);
	free(text);
	pool.health.host = SLICE("shop.example");
	pool.health.method = SLICE("POST");
	text = check_request(&pool, &b, &n);
	ck_assert_ptr_nonnull(memmem(text, n, "Host: shop.example\r\n", 20));
	ck_assert_ptr_nonnull(memmem(text, n, "Content-Length: 0\r\n", 19));
	free(text);
}
END_TEST

START_TEST(the_status_decides)
{
	expect(OK "Content-Length: 2\r\n\r\n", false, CHECK_GOOD, NULL);
	expect("HTTP/1.0 204 No Content\r\n\r\n", false, CHECK_GOOD, NULL);
	expect("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", false,
	    CHECK_GOOD, NULL);
	expect("HTTP/1.1 503 Busy\r\n\r\n", false, CHECK_BAD, "status 503");
	expect("HTTP/1.1 404 No\r\n\r\n", false, CHECK_BAD, "status 404");
	pool.health.drain_on_404 = true;
	expect("HTTP/1.1 404 No\r\n\r\n", false, CHECK_DRAIN, "status 404");
	expect("HTTP/1.1 403 No\r\n\r\n", false, CHECK_BAD, "status 403");
}
END_TEST

START_TEST(interim_answers_are_passed_over)
{
	char many[1024] = "";

	expect("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK "\r\n",
	    false, CHECK_GOOD, NULL);
	expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\n\r\n", false,
	    CHECK_BAD, "status 500");
	expect("HTTP/1.1 100 Continue\r\n\r\n", true, CHECK_BAD,
	    "its answer ended within the head");
	for (int i = 0; i < 9; i++)
		strcat(many, "HTTP/1.1 102 Processing\r\n\r\n");
	expect(many, false, CHECK_BAD,
	    "unlawful answer: too many interim answers");
	expect("HTTP/1.1 101 Switching Protocols\r\n\r\n", false, CHECK_BAD,
	    "unlawful answer: status 101");
}
END_TEST

START_TEST(garbage_is_bad)
{
	static char big[CHECK_HEAD + 100];
	struct check c;

	expect("", true, CHECK_BAD, "connection closed without an answer");
	expect("HTTP/1.1 200 OK\r\nA: b", true, CHECK_BAD,
	    "its answer ended within the head");
	expect("SSH-2.0-OpenSSH_9.2\r\n\r\n", false, CHECK_BAD, NULL);
	expect("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", false, CHECK_BAD, NULL);
	expect("\x16\x03\x01\x02", true, CHECK_BAD, NULL);
	memset(big, 'a', sizeof big);
	memcpy(big, OK "A: ", strlen(OK "A: "));
	ck_assert_int_eq(feed(&c, big, sizeof big, sizeof big, false),
	    CHECK_BAD);
	ck_assert_str_eq(c.why, "unlawful answer: its head is too long");
	ck_assert_int_eq(feed(&c, big, sizeof big, 1000, false), CHECK_BAD);
}
END_TEST

START_TEST(the_body_is_read_to_its_end)
{
	expect_body("^fine$", false);
	expect(OK "Content-Length: 4\r\n\r\nfine", false, CHECK_GOOD, NULL);
	expect(OK "Content-Length: 4\r\n\r\nfinefine", false, CHECK_GOOD,
	    NULL);
	expect(OK "Content-Length: 4\r\n\r\nfin", false, CHECK_MORE, NULL);
	expect(OK "Content-Length: 4\r\n\r\nfin", true, CHECK_BAD,
	    "its answer was cut off");
	expect(OK "Content-Length: 4\r\n\r\nfire", false, CHECK_BAD,
	    "body does not match");
	expect(OK "Content-Length: 0\r\n\r\n", false, CHECK_BAD,
	    "body does not match");
	expect(OK "\r\nfine", true, CHECK_GOOD, NULL);
	expect(OK "\r\nfine", false, CHECK_MORE, NULL);
	expect("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nfine", false,
	    CHECK_BAD, "status 500");
	expect("HTTP/1.1 103 Hints\r\n\r\n" OK "Content-Length: 4\r\n\r\nfine",
	    false, CHECK_GOOD, NULL);
}
END_TEST

START_TEST(chunks_are_put_together)
{
	static const char *const head = OK "Transfer-Encoding: chunked\r\n\r\n";
	char text[512];

	expect_body("^all is well$", false);
	snprintf(text, sizeof text, "%s4\r\nall \r\n7;x=y\r\nis well\r\n"
	    "0\r\n\r\n", head);
	expect(text, false, CHECK_GOOD, NULL);
	snprintf(text, sizeof text, "%s4\r\nall \r\n", head);
	expect(text, false, CHECK_MORE, NULL);
	expect(text, true, CHECK_BAD, "its answer was cut off");
	snprintf(text, sizeof text, "%s4\r\nall is well", head);
	expect(text, false, CHECK_BAD,
	    "unlawful answer: malformed chunk or trailer");
	expect(OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	    false, CHECK_BAD, NULL);
}
END_TEST

START_TEST(a_body_may_be_unwanted)
{
	expect_body("maintenance", true);
	expect(OK "Content-Length: 2\r\n\r\nok", false, CHECK_GOOD, NULL);
	expect(OK "Content-Length: 14\r\n\r\nin maintenance", false,
	    CHECK_BAD, "body matches what it must not");
	pool.health.method = SLICE("HEAD");
	expect(OK "Content-Length: 14\r\n\r\n", false, CHECK_GOOD, NULL);
}
END_TEST

START_TEST(of_a_long_body_the_beginning_counts)
{
	static char text[2 * CHECK_BODY];
	struct check c;

	expect_body("needle", false);
	memset(text, '.', sizeof text);
	memcpy(text, OK "\r\n", strlen(OK "\r\n"));
	memcpy(text + CHECK_BODY - 6, "needle", 6);
	ck_assert_int_eq(feed(&c, text, sizeof text, sizeof text, false),
	    CHECK_GOOD);
	ck_assert_int_eq(feed(&c, text, sizeof text, 1000, false),
	    CHECK_GOOD);
	memset(text + CHECK_BODY - 6, '.', 6);
	memcpy(text + CHECK_BODY + 100, "needle", 6);
	ck_assert_int_eq(feed(&c, text, sizeof text, 1000, false),
	    CHECK_BAD);
}
END_TEST

START_TEST(a_match_ends)
{
	static char text[8192];
	struct check c;

	expect_body("^(a+)+$", false);
	memset(text, 'a', sizeof text);
	memcpy(text, OK "\r\n", strlen(OK "\r\n"));
	text[sizeof text - 1] = '!';
	ck_assert_int_eq(feed(&c, text, sizeof text, 4096, true), CHECK_BAD);
	ck_assert_str_eq(c.why, "body cannot be matched: too many steps");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe_check");
	TCase *tc = tcase_create("probe_check");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_request_names_the_backend);
	tcase_add_test(tc, the_status_decides);
	tcase_add_test(tc, interim_answers_are_passed_over);
	tcase_add_test(tc, garbage_is_bad);
	tcase_add_test(tc, the_body_is_read_to_its_end);
	tcase_add_test(tc, chunks_are_put_together);
	tcase_add_test(tc, a_body_may_be_unwanted);
	tcase_add_test(tc, of_a_long_body_the_beginning_counts);
	tcase_add_test(tc, a_match_ends);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
