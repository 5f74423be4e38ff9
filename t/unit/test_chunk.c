/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunked coding. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/chunk.h"

/* Reads text in strides; the body goes to out, *used says where it ended. */
static enum chunk_result read_by(size_t stride, struct slice text,
    struct slice *out, size_t *used)
{
	static char body[128];
	struct chunk st = {0}, copy;
	const char *p = text.p, *end;
	enum chunk_result result = CHUNK_MORE;
	struct slice piece;

	*out = slice_make(body, 0);
	while (p < text.p + text.n && result == CHUNK_MORE) {
		end = p + stride < text.p + text.n ? p + stride :
		    text.p + text.n;
		copy = st;
		while ((result = chunk_read(&copy, &p, end, &piece)) ==
		    CHUNK_PIECE) {
			ck_assert_uint_gt(piece.n, 0);
			memcpy(body + out->n, piece.p, piece.n);
			out->n += piece.n;
		}
		st = copy;
		ck_assert_uint_eq(st.total, out->n);
	}
	*used = (size_t)(p - text.p);
	return result;
}

static void check_body(struct slice text, const char *body, size_t used)
{
	size_t stride, n;
	struct slice out;

	for (stride = 1; stride <= text.n; stride++) {
		ck_assert_int_eq(read_by(stride, text, &out, &n), CHUNK_DONE);
		ck_assert_uint_eq(n, used);
		ck_assert(slice_eq(out, slice_str(body)));
	}
}

static void check_bad(struct slice text)
{
	size_t n;
	struct slice out;

	ck_assert_int_eq(read_by(text.n, text, &out, &n), CHUNK_BAD);
	ck_assert_int_eq(read_by(1, text, &out, &n), CHUNK_BAD);
}

START_TEST(bodies_are_read_however_they_arrive)
{
	check_body(SLICE("0\r\n\r\nGET"), "", 3);
	check_body(SLICE("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
	    "abc0123456789", 26);
	check_body(SLICE("00000000000000b\r\nhello world\r\n000\r\n\r\n"),
	    "hello world", 35);
}
END_TEST

START_TEST(extensions_are_passed_over)
{
	check_body(SLICE("1;a=b;c=\"d\"\r\nx\r\n1 \t;e\r\ny\r\n0;z\r\n"
	    "\r\n"), "xy", 31);
}
END_TEST

START_TEST(trailers_are_left_to_the_caller)
{
	struct chunk st = {0};
	const char *text = "0;a\r\nT: 1\r\n\r\n", *p = text;
	struct slice piece;

	ck_assert_int_eq(chunk_read(&st, &p, text + strlen(text), &piece),
	    CHUNK_DONE);
	ck_assert_str_eq(p, "T: 1\r\n\r\n");
	ck_assert_int_eq(chunk_read(&st, &p, text + strlen(text), &piece),
	    CHUNK_DONE);
	ck_assert_str_eq(p, "T: 1\r\n\r\n");
}
END_TEST

START_TEST(sizes_are_strict)
{
	check_bad(SLICE("\r\n"));
	check_bad(SLICE("0x1\r\n"));
	check_bad(SLICE("-1\r\n"));
	check_bad(SLICE(" 1\r\n"));
	check_bad(SLICE("1 \r\n"));
	check_bad(SLICE("1\n"));
	check_bad(SLICE("1\rx"));
	check_bad(SLICE(";a\r\n"));
	check_bad(SLICE("00000000000000001\r\n"));
	check_bad(SLICE("8000000000000000\r\n"));
	check_bad(SLICE("ffffffffffffffff\r\n"));
	check_bad(SLICE("1\r\na\r\n7fffffffffffffff\r\n"));
	check_bad(SLICE("1;a\n\r\n"));
	check_bad(SLICE("1;a\0\r\n"));
}
END_TEST

START_TEST(chunks_end_in_crlf)
{
	check_bad(SLICE("1\r\nab\r\n"));
	check_bad(SLICE("1\r\na\n"));
	check_bad(SLICE("1\r\na\rb"));
	check_bad(SLICE("0\n"));
	check_bad(SLICE("0\rx"));
}
END_TEST

static enum chunk_result read_long(const char *head, char fill, size_t n)
{
	static char text[20000];
	struct chunk st = {0};
	const char *p = text;
	struct slice piece;
	size_t length = strlen(head);

	memcpy(text, head, length);
	memset(text + length, fill, n);
	return chunk_read(&st, &p, text + length + n, &piece);
}

START_TEST(what_is_no_body_is_bounded)
{
	ck_assert_int_eq(read_long("1;", 'a', CHUNK_EXTENSIONS), CHUNK_MORE);
	ck_assert_int_eq(read_long("1;", 'a', CHUNK_EXTENSIONS + 1),
	    CHUNK_BAD);
	ck_assert_int_eq(read_long("1", ' ', CHUNK_EXTENSIONS + 1),
	    CHUNK_BAD);
}
END_TEST

START_TEST(size_lines_are_put_before_the_bytes)
{
	char text[CHUNK_SIZE_ROOM + 1] = {0};
	char *data = text + CHUNK_SIZE_ROOM;

	ck_assert_str_eq(chunk_put_size(data, 1), "1\r\n");
	ck_assert_str_eq(chunk_put_size(data, 4096), "1000\r\n");
	ck_assert_str_eq(chunk_put_size(data, 0xbeef), "beef\r\n");
	ck_assert_ptr_eq(chunk_put_size(data, SIZE_MAX), text);
	ck_assert_str_eq(text, "ffffffffffffffff\r\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chunk");
	TCase *tc = tcase_create("chunk");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, bodies_are_read_however_they_arrive);
	tcase_add_test(tc, extensions_are_passed_over);
	tcase_add_test(tc, sizes_are_strict);
	tcase_add_test(tc, chunks_end_in_crlf);
	tcase_add_test(tc, trailers_are_left_to_the_caller);
	tcase_add_test(tc, what_is_no_body_is_bounded);
	tcase_add_test(tc, size_lines_are_put_before_the_bytes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
