/* SPDX-License-Identifier: BSD-2-Clause */
/* Legacies: what is written is read again, and a wrong one does no harm. */
/* links: master shm http net conf base */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "master/layout.h"
#include "master/legacy.h"
#include "master/will.h"

static struct legacy l;

/* A legacy of that text; what is wrong with it, "" if nothing is. */
static const char *read_text(const char *text, size_t n)
{
	int fd = memfd_create("legacy", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), n);
	legacy_drop(&l);
	ck_assert_int_eq(legacy_read(&l, fd), l.wrong[0] == '\0');
	close(fd);
	return l.wrong;
}

#define READ(text) read_text(LEGACY_FIRST_LINE "\n" text,                      \
	sizeof LEGACY_FIRST_LINE "\n" text - 1)

START_TEST(what_is_written_is_read)
{
	static const char odd[] = "a\tb=c%d\n\0\xff e";
	struct will w;
	size_t n;

	ck_assert(will_begin(&w));
	int other = fcntl(STDERR_FILENO, F_DUPFD, STDERR_FILENO + 1);
	will_item(&w, "one");
	will_number(&w, "most", UINT64_MAX);
	will_bytes(&w, "odd", odd, sizeof odd);
	will_text(&w, "empty", "");
	will_fd(&w, "none", -1);
	will_fd(&w, "other", other);
	will_end(&w);
	will_item(&w, "two");
	will_end(&w);
	int fd = will_seal(&w);
	ck_assert_int_ge(fd, 0);
	ck_assert(will_pass(&w, fd, true));
	ck_assert_int_eq(fcntl(fd, F_GETFD) | fcntl(other, F_GETFD), 0);
	ck_assert(will_pass(&w, fd, false));
	ck_assert_int_eq(fcntl(fd, F_GETFD) & fcntl(other, F_GETFD),
	    FD_CLOEXEC);
	will_drop(&w);

	ck_assert_msg(legacy_read(&l, fd), "%s", l.wrong);
	close(fd);
	const struct legacy_item *i = legacy_get(&l, "one");
	ck_assert_uint_eq(legacy_number(&l, i, "most", 0, UINT64_MAX),
	    UINT64_MAX);
	ck_assert_mem_eq(legacy_bytes(&l, i, "odd", 100, &n), odd, sizeof odd);
	ck_assert_uint_eq(n, sizeof odd);
	ck_assert_str_eq(legacy_text(&l, i, "empty", 0), "");
	ck_assert_int_eq(legacy_fd_or_none(&l, i, "none"), -1);
	ck_assert_int_eq(legacy_fd(&l, i, "other"), other);
	ck_assert_ptr_eq(legacy_next(&l, i, "one"), NULL);
	ck_assert_ptr_ne(legacy_next(&l, i, "two"), NULL);
	ck_assert_str_eq(l.wrong, "");
	close(other);
}
END_TEST

START_TEST(a_wrong_text_is_refused)
{
	ck_assert_str_eq(READ(""), "");
	ck_assert_str_ne(read_text("", 0), "");
	ck_assert_str_ne(read_text("portico legacy 2\n", 17), "");
	ck_assert_str_ne(READ("one\ta=1"), "");
	ck_assert_str_ne(READ("one\ta\n"), "");
	ck_assert_str_ne(READ("one\ta=%0\n"), "");
	ck_assert_str_ne(READ("one\ta=%\n"), "");
	ck_assert_str_ne(READ("one\ta=%zz\n"), "");
	ck_assert_str_ne(READ("one\ta=\0\n"), "");
	ck_assert_str_ne(READ("one\n\n"), "");
	legacy_drop(&l);
	ck_assert(!legacy_read(&l, -1));
}
END_TEST

/* What is returned for it is in bounds, and the first fault is the one that
 * is told of. */
START_TEST(wrong_values_are_out_of_bounds)
{
	size_t n;

	ck_assert_str_eq(READ("one\ta=5\tb=x\tc=%00\td=4096\te=2\tf=0\n"), "");
	const struct legacy_item *i = legacy_get(&l, "one");
	ck_assert_uint_eq(legacy_number(&l, i, "a", 5, 5), 5);
	ck_assert_str_eq(l.wrong, "");

#define IS_WRONG(call, least)                                                  \
	do {                                                                   \
		l.wrong[0] = '\0';                                             \
		ck_assert(call == least);                                      \
		ck_assert_str_ne(l.wrong, "");                                 \
	} while (0)
	IS_WRONG(legacy_number(&l, i, "a", 6, 9), 6);
	IS_WRONG(legacy_number(&l, i, "a", 1, 4), 1);
	IS_WRONG(legacy_number(&l, i, "b", 7, 9), 7);
	IS_WRONG(legacy_number(&l, i, "none", 3, 9), 3);
	IS_WRONG(legacy_bool(&l, i, "a"), false);
	IS_WRONG(legacy_text(&l, i, "c", 10)[0], '\0');
	IS_WRONG(legacy_bytes(&l, i, "d", 3, &n)[0], '\0');
	IS_WRONG(legacy_fd(&l, i, "d"), -1);          /* is not open */
	IS_WRONG(legacy_fd(&l, i, "e"), -1);          /* standard output */
	IS_WRONG(legacy_fd(&l, i, "f"), -1);          /* there is none */
	IS_WRONG(legacy_fd_or_none(&l, i, "b"), -1);
	IS_WRONG(legacy_get(&l, "two")->n, 0);
	IS_WRONG(legacy_number(&l, legacy_get(&l, "two"), "a", 2, 3), 2);

	l.wrong[0] = '\0';
	legacy_get(&l, "first");
	legacy_get(&l, "second");
	ck_assert_ptr_ne(strstr(l.wrong, "first"), NULL);
}
END_TEST

START_TEST(layouts_have_names_and_numbers)
{
	unsigned n = 0;

	for (; layout_at(n).name; n++)
		for (unsigned k = 0; k < n; k++)
			ck_assert_str_ne(layout_at(n).name, layout_at(k).name);
	ck_assert_uint_ge(n, 6);
	ck_assert_uint_eq(layout_at(0).number, layout_at(0).number);
	ck_assert_uint_ne(layout_at(0).number, layout_at(1).number);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("legacy");
	TCase *t = tcase_create("all");

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, a_wrong_text_is_refused);
	tcase_add_test(t, wrong_values_are_out_of_bounds);
	tcase_add_test(t, layouts_have_names_and_numbers);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
