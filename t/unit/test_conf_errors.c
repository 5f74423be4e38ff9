/* SPDX-License-Identifier: BSD-2-Clause */
/* Each file of t/data/conf gives the messages that its .err file holds. */
/* links: conf base */
#include "conf/conf.h"

#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/keyword.h"

static glob_t files;

static char *read_whole(const char *name)
{
	static char text[65536];
	FILE *f = fopen(name, "re");

	ck_assert_msg(f != NULL, "%s is missing", name);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	return text;
}

static bool is_warning(const char *line)
{
	const char *end = strchr(line, '\n');
	const char *found = strstr(line, ": warning: ");

	return found && end && found < end;
}

static bool has_error(const char *text)
{
	for (; *text; text = strchr(text, '\n') + 1)
		if (!is_warning(text))
			return true;
	return false;
}

START_TEST(a_file_gives_its_messages)
{
	const char *file = files.gl_pathv[_i];
	struct conf_options options = {.foreground = true};
	char name[256], *said;
	size_t n;
	FILE *to = open_memstream(&said, &n);

	struct conf *conf = conf_load(file, &options, to);
	fclose(to);
	snprintf(name, sizeof name, "%.*s.err", (int)strlen(file) - 5, file);
	const char *expected = read_whole(name);
	ck_assert_str_eq(said, expected);
	ck_assert_msg((conf == NULL) == has_error(expected), "%s", file);
	free(said);
	conf_free(conf);
}
END_TEST

static char *dump(const struct conf *conf)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	conf_dump(conf, to);
	fclose(to);
	return text;
}

static struct conf *reload(const char *text, FILE *to)
{
	char name[] = "/tmp/portico-conf-XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)),
	    (ssize_t)strlen(text));
	close(fd);
	struct conf *conf = conf_load(name, NULL, to);
	unlink(name);
	return conf;
}

START_TEST(what_is_dumped_loads_to_the_same)
{
	FILE *nowhere = fopen("/dev/null", "we");
	struct conf *first = conf_load(files.gl_pathv[_i], NULL, nowhere);

	if (first == NULL) {
		fclose(nowhere);
		return;
	}
	char *a = dump(first);
	struct conf *second = reload(a, nowhere);
	ck_assert_msg(second != NULL, "%s", files.gl_pathv[_i]);
	char *b = dump(second);
	ck_assert_str_eq(a, b);
	ck_assert(first->connections_given == second->connections_given);
	ck_assert_uint_eq(first->nhosts, second->nhosts);
	free(a);
	free(b);
	conf_free(first);
	conf_free(second);
	fclose(nowhere);
}
END_TEST

/* Then the files above read and write every key. */
START_TEST(every_key_is_in_the_full_file)
{
	FILE *nowhere = fopen("/dev/null", "we");
	struct conf *conf = conf_load("ok-full.conf", NULL, nowhere);

	fclose(nowhere);
	ck_assert_ptr_nonnull(conf);
	char *text = dump(conf);
	for (unsigned i = 0; i < keyword_count; i++) {
		const char *name = keyword_table[i].name;
		char line[KEYWORD_PATH];
		snprintf(line, sizeof line, "%s%s = ",
		    keyword_table[i].group[0] ? "\t" : "", name);
		ck_assert_msg(strstr(text, line) != NULL, "%s", name);
	}
	free(text);
	conf_free(conf);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_errors");
	TCase *t = tcase_create("files");

	/* Tests run in the folder that holds src and t. */
	if (chdir("t/data/conf") != 0) {
		perror("t/data/conf");
		return EXIT_FAILURE;
	}
	setenv("PORTICO_TEST_IP", "127.0.0.1", 1);
	setenv("PORTICO_TEST_ODD", "${X}", 1);
	unsetenv("PORTICO_TEST_NONE");
	unsetenv("PORTICO_TEST_PORT");
	if (glob("*.conf", 0, NULL, &files) != 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(t, a_file_gives_its_messages, 0,
	    (int)files.gl_pathc);
	tcase_add_loop_test(t, what_is_dumped_loads_to_the_same, 0,
	    (int)files.gl_pathc);
	tcase_add_test(t, every_key_is_in_the_full_file);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	globfree(&files);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
