/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of certificates: what the master sees of their changes, and facts. */
/* links: master shm net http conf base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "master/facts.h"
#include "master/files.h"

static char dir[64], cert[128], other[128];
static struct conf_certificate certificate;
static struct conf_listener listener = {.name = "a", .tls = {.on = true,
	.certificates = &certificate, .ncertificates = 1}};
static struct conf_pool pool = {.name = "p"};
static struct conf conf = {.listeners = &listener, .nlisteners = 1,
	.pools = &pool, .npools = 1};

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void setup(void)
{
	snprintf(dir, sizeof dir, "/tmp/portico-files-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cert, sizeof cert, "%s/a.pem", dir);
	snprintf(other, sizeof other, "%s/new", dir);
	certificate = (struct conf_certificate){.cert = cert};
	put("a.pem", "one");
}

static void teardown(void)
{
	char line[128];

	snprintf(line, sizeof line, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(line), 0);
}

/* True if the file that is made anew now is seen. */
static bool sees(const char *name)
{
	uint64_t before = files_print(&conf, NULL);
	char to[128];

	ck_assert_uint_eq(before, files_print(&conf, NULL));
	put("new", "other");
	snprintf(to, sizeof to, "%s/%s", dir, name);
	ck_assert_int_eq(rename(other, to), 0);
	return files_print(&conf, NULL) != before;
}

START_TEST(a_file_is_seen_with_its_partners)
{
	ck_assert(sees("a.pem"));
	ck_assert(sees("a.key"));
	ck_assert(sees("a.pem.key"));
	ck_assert(!sees("b.pem"));
}
END_TEST

START_TEST(keys_beside_full_chains_are_seen)
{
	snprintf(cert, sizeof cert, "%s/fullchain.pem", dir);
	ck_assert(sees("fullchain.pem"));
	ck_assert(sees("privkey.pem"));
	snprintf(cert, sizeof cert, "%s/cert2.pem", dir);
	ck_assert(sees("privkey2.pem"));
}
END_TEST

START_TEST(globs_and_folders_are_followed)
{
	snprintf(cert, sizeof cert, "%s/*.pem", dir);
	ck_assert(sees("a.pem"));
	ck_assert(sees("b.pem"));
	ck_assert(sees("b.key"));
	ck_assert(!sees("c.txt"));
	unsigned n = 0;
	files_print(&conf, &n);
	ck_assert_uint_eq(n, 3);
	snprintf(cert, sizeof cert, "%s", dir);
	ck_assert(sees("a.pem"));
	ck_assert(sees("d.pem"));
}
END_TEST

START_TEST(a_name_may_look_like_a_glob)
{
	static const char *const names[] = {"[a].pem", "a?.pem", "a\\.pem"};

	for (unsigned i = 0; i < 3; i++) {
		snprintf(cert, sizeof cert, "%s/%s", dir, names[i]);
		put(names[i], "one");
		ck_assert(sees(names[i]));
	}
}
END_TEST

START_TEST(what_a_link_leads_to_is_seen)
{
	char to[128];

	put("one", "1");
	put("two", "1");
	snprintf(to, sizeof to, "%s/link.pem", dir);
	ck_assert_int_eq(symlink("one", to), 0);
	snprintf(cert, sizeof cert, "%s", to);
	uint64_t before = files_print(&conf, NULL);
	ck_assert_int_eq(unlink(to), 0);
	ck_assert_int_eq(symlink("two", to), 0);
	ck_assert_uint_ne(files_print(&conf, NULL), before);
}
END_TEST

START_TEST(other_files_of_tls_are_seen)
{
	char ca[128], key[128];

	snprintf(ca, sizeof ca, "%s/ca.pem", dir);
	snprintf(key, sizeof key, "%s/our.key", dir);
	listener.tls.client_ca = ca;
	ck_assert(sees("ca.pem"));
	listener.tls.client_ca = NULL;
	ck_assert(!sees("ca.pem"));
	pool.tls.ca = ca;
	pool.tls.key = key;
	ck_assert(sees("ca.pem"));
	ck_assert(sees("our.key"));
}
END_TEST

START_TEST(gone_and_back_is_seen)
{
	uint64_t before = files_print(&conf, NULL);

	ck_assert_int_eq(unlink(cert), 0);
	uint64_t gone = files_print(&conf, NULL);
	ck_assert_uint_ne(gone, before);
	put("a.pem", "one");
	ck_assert_uint_ne(files_print(&conf, NULL), gone);
}
END_TEST

static unsigned warnings;
static char last[512];

static void count(enum log_level level, const char *line, size_t n)
{
	ck_assert_int_eq(level, LOG_LEVEL_WARN);
	warnings++;
	snprintf(last, sizeof last, "%.*s", (int)n, line);
}

static struct facts facts_of(const char *text)
{
	return facts_read(text, strlen(text));
}

START_TEST(what_is_no_fact_is_left_out)
{
	char *long_line = malloc(6000);
	struct facts f = facts_of("certificate\ta\t/p\tEC\t5\tx y\n"
	    "certificate\ta\t/p\tEC\tfive\tx\n"
	    "certificate\ta\t/p\tEC\n"
	    "certificate\ta\t/p\tEC\t5\tx\tmore\n"
	    "something\ta\t/p\tEC\t5\tx\n"
	    "\n\t\t\t\t\t\n"
	    "certificate\tb\t/q\tRSA\t-7\t");

	ck_assert_uint_eq(f.n, 2);
	ck_assert_str_eq(f.at[0].names, "x y");
	ck_assert_str_eq(f.at[1].of, "b");
	ck_assert_int_eq(f.at[1].ends, -7);
	facts_free(&f);
	memset(long_line, 'x', 5999);
	memcpy(long_line, "certificate\ta\t/p\tEC\t5\t", 22);
	long_line[5999] = '\0';
	f = facts_of(long_line);
	ck_assert_uint_eq(f.n, 0);
	facts_free(&f);
	free(long_line);
	f = facts_read(NULL, 0);
	ck_assert_uint_eq(f.n, 0);
	facts_free(&f);
}
END_TEST

START_TEST(ends_are_warned_of_in_time)
{
	struct facts f = facts_of("certificate\ta\t/p\tEC\t2000000\tx\n");

	log_to(count);
	facts_warn(&f, 2000000 - 21 * 86400 - 1);
	ck_assert_uint_eq(warnings, 0);
	facts_warn(&f, 2000000 - 3 * 86400);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_str_eq(last, "certificate /p of \"a\" ends in 3 days");
	facts_warn(&f, 2000000);
	ck_assert_uint_eq(warnings, 2);
	ck_assert_str_eq(last, "certificate /p of \"a\" has ended");
	facts_free(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("certificate files");
	TCase *tc = tcase_create("certificate files");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_is_seen_with_its_partners);
	tcase_add_test(tc, keys_beside_full_chains_are_seen);
	tcase_add_test(tc, globs_and_folders_are_followed);
	tcase_add_test(tc, a_name_may_look_like_a_glob);
	tcase_add_test(tc, what_a_link_leads_to_is_seen);
	tcase_add_test(tc, other_files_of_tls_are_seen);
	tcase_add_test(tc, gone_and_back_is_seen);
	tcase_add_test(tc, what_is_no_fact_is_left_out);
	tcase_add_test(tc, ends_are_warned_of_in_time);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
