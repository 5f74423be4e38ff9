/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands, their replies, and the overlay that they leave. */
/* links: master shm http net conf base */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/cache_words.h"
#include "master/command.h"
#include "master/overlay.h"
#include "master/reply.h"

static struct command c;
static char wrong[COMMAND_WRONG];

static bool parse(const char *line)
{
	wrong[0] = '\0';
	return command_parse(slice_str(line), &c, wrong);
}

#define REFUSED(line, why)                                                     \
	do {                                                                   \
		ck_assert_msg(!parse(line), "%s is taken", line);              \
		ck_assert_msg(strstr(wrong, why), "%s: %s", line, wrong);      \
	} while (0)

START_TEST(every_command_is_known)
{
	static const struct {
		const char *line;
		enum command_verb verb;
	} all[] = {
		{"status", COMMAND_STATUS}, {"reload", COMMAND_RELOAD},
		{"upgrade", COMMAND_UPGRADE},
		{"reopen", COMMAND_REOPEN}, {"stop", COMMAND_STOP},
		{"stop graceful", COMMAND_STOP_GRACEFUL},
		{"workers 2 4", COMMAND_SET_WORKERS},
		{"backend drain a/b", COMMAND_DRAIN},
		{"backend enable a/b", COMMAND_ENABLE},
		{"backend disable a/b", COMMAND_DISABLE},
		{"backend weight a/b 3", COMMAND_WEIGHT},
		{"backend weight a/b file", COMMAND_WEIGHT},
		{"backend add a 127.0.0.1:80 weight=1 max_connections=0",
			COMMAND_ADD},
		{"backend remove a/b", COMMAND_REMOVE},
		{"config diff", COMMAND_DIFF}, {"config save", COMMAND_SAVE},
		{"cache status", COMMAND_CACHE_STATUS},
		{"cache purge https://a.example/x?y soft",
			COMMAND_CACHE_PURGE},
		{"cache ban re ^a.*b$ host=a.example:81 soft",
			COMMAND_CACHE_BAN},
		{"cache ban host A.example", COMMAND_CACHE_BAN},
		{"cache warm http://a/1 http://a/2 https://a/3",
			COMMAND_CACHE_WARM},
	};
	char back[COMMAND_LINE];

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		ck_assert_msg(parse(all[i].line), "%s: %s", all[i].line,
		    wrong);
		ck_assert_int_eq(c.verb, all[i].verb);
		size_t n = command_format(&c, back);
		ck_assert_uint_eq(n, strlen(all[i].line));
		ck_assert_mem_eq(back, all[i].line, n);
	}
}
END_TEST

START_TEST(words_about_the_cache_are_checked)
{
	ck_assert(parse("cache purge http://a.example/"));
	ck_assert(!c.soft);
	ck_assert(parse("cache ban tag soft"));
	ck_assert_str_eq(c.text, "soft");
	ck_assert(!c.soft);
	REFUSED("cache purge", "cache purge URL [soft]");
	REFUSED("cache purge /path", "should be a URL");
	REFUSED("cache purge ftp://a/", "should be a URL");
	REFUSED("cache purge http://a/ hard", "\"hard\" is unknown");
	REFUSED("cache purge http://a/ soft soft", "\"soft\" is unknown");
	REFUSED("cache purge http://a/ host=b", "unknown here");
	REFUSED("cache warm", "cache warm URL");
	REFUSED("cache warm http://a/ b", "\"b\" should be a URL");
	REFUSED("cache ban", "cache ban host|prefix|re|tag TEXT");
	REFUSED("cache ban re", "cache ban host|prefix|re|tag TEXT");
	REFUSED("cache ban url /a", "cannot be banned");
	REFUSED("cache ban re (", "no regular expression");
	REFUSED("cache ban host a/b", "no name of a host");
	REFUSED("cache ban tag a host=", "names no host");
	REFUSED("cache ban tag a host=/", "no name of a host");
	REFUSED("cache ban host a host=b", "unknown here");
	REFUSED("cache ban prefix a/b", "should be a URL, or a path");
	REFUSED("cache ban prefix http://a/b host=c", "should be a URL");
	REFUSED("cache ban prefix /../a", "should be a URL");
	REFUSED("cache flush", "no command \"cache flush\"");
}
END_TEST

static struct cache_ban ban_of(const char *line)
{
	struct cache_ban ban;
	const char *why;

	ck_assert_msg(parse(line), "%s: %s", line, wrong);
	ck_assert(cache_words_ban(&c, &ban, &why));
	return ban;
}

START_TEST(bans_speak_as_keys_do)
{
	struct cache_ban b = ban_of("cache ban host Shop.Example:443");

	ck_assert_str_eq(b.host, "shop.example");
	ck_assert_str_eq(b.text, "");
	b = ban_of("cache ban prefix HTTP://Shop.Example:80/%69mg/../a?B=%20");
	ck_assert_str_eq(b.host, "shop.example");
	ck_assert_str_eq(b.text, "/a?B=%20");
	b = ban_of("cache ban prefix https://a:80");
	ck_assert_str_eq(b.host, "a:80");
	ck_assert_str_eq(b.text, "/");
	b = ban_of("cache ban prefix /img/ host=B.example:8080");
	ck_assert_str_eq(b.host, "b.example:8080");
	ck_assert_str_eq(b.text, "/img/");
	b = ban_of("cache ban re Img/.*[.]PNG$");
	ck_assert_str_eq(b.host, "");
	ck_assert_str_eq(b.text, "Img/.*[.]PNG$");
}
END_TEST

START_TEST(as_many_urls_as_fit)
{
	char line[COMMAND_LINE + 1] = "cache warm";

	for (int i = 0; i < COMMAND_URLS; i++)
		strcat(line, " http://a/");
	ck_assert(parse(line));
	ck_assert_uint_eq(strlen(c.text), COMMAND_URLS * 10 - 1);
	strcat(line, " http://a/");
	REFUSED(line, "cache warm URL");
}
END_TEST

START_TEST(names_have_a_pool_and_a_backend)
{
	ck_assert(parse("backend drain app/unix:/run/a.sock"));
	ck_assert_str_eq(c.pool, "app");
	ck_assert_str_eq(c.name, "unix:/run/a.sock");
	ck_assert(parse("backend drain app/web#2"));
	ck_assert_str_eq(c.name, "web#2");
	REFUSED("backend drain app", "POOL/NAME");
	REFUSED("backend drain /app", "POOL/NAME");
	REFUSED("backend drain app/", "POOL/NAME");
	REFUSED("backend drain", "backend drain POOL/NAME");
	REFUSED("backend drain a/b c", "backend drain POOL/NAME");
}
END_TEST

START_TEST(numbers_have_bounds)
{
	ck_assert(parse("workers 1 128"));
	ck_assert_uint_eq(c.min, 1);
	ck_assert_uint_eq(c.max, 128);
	REFUSED("workers 0 2", "1 to 128");
	REFUSED("workers 2 129", "1 to 128");
	REFUSED("workers 4 2", "more workers at least than at most");
	REFUSED("workers 2", "workers MIN MAX");
	REFUSED("workers -1 2", "1 to 128");
	REFUSED("workers 18446744073709551617 2", "1 to 128");
	ck_assert(parse("backend weight a/b 0"));
	ck_assert_uint_eq(c.weight, 0);
	ck_assert(!c.of_file);
	ck_assert(parse("backend weight a/b file"));
	ck_assert(c.of_file);
	REFUSED("backend weight a/b 257", "no weight");
	REFUSED("backend weight a/b 1x", "no weight");
	REFUSED("backend add a b weight=257", "0 to 256");
	REFUSED("backend add a b max_connections=1000001", "any number");
}
END_TEST

START_TEST(what_is_added_is_described)
{
	ck_assert(parse("backend add app 127.0.0.1:81 name=x weight=7 "
	    "max_connections=9 backup"));
	ck_assert_str_eq(c.pool, "app");
	ck_assert_str_eq(c.address, "127.0.0.1:81");
	ck_assert_str_eq(c.name, "x");
	ck_assert_uint_eq(c.weight, 7);
	ck_assert_uint_eq(c.max_connections, 9);
	ck_assert(c.backup);
	ck_assert(parse("backend add app [::1]:81"));
	ck_assert_uint_eq(c.weight, 1);
	ck_assert_str_eq(c.name, "");
	REFUSED("backend add app", "backend add POOL ADDRESS");
	REFUSED("backend add app a wieght=1", "\"wieght=1\" is unknown");
	REFUSED("backend add app a name=a/b", "none of");
	REFUSED("backend add app a name=${HOME}", "none of");
	REFUSED("backend add app ${HOME}:80 name=a", "no address has");
	ck_assert(parse("backend add app unix:/a name=unix:/a weight=1"));
	ck_assert_str_eq(c.name, "unix:/a");
	REFUSED("backend add app unix:/a name=unix:/b", "none of");
	REFUSED("backend add app a name=", "1 to");
}
END_TEST

START_TEST(errors_say_what_would_be_right)
{
	char line[COMMAND_LINE + 2];

	REFUSED("stauts", "did you mean \"status\"?");
	REFUSED("backend drian a/b", "did you mean \"drain\"?");
	REFUSED("backend", "there is no command \"backend \"");
	REFUSED("nothing", "there is no command \"nothing\"");
	REFUSED("", "one space between");
	REFUSED("config  save", "one space between");
	REFUSED("status ", "one space between");
	REFUSED("status now", "written \"status\"");
	REFUSED("stat\tus", "printable");
	REFUSED("status\r", "printable");
	REFUSED("stat\xc3\xbcs", "printable");
	memset(line, 'a', sizeof line);
	ck_assert(!command_parse(slice_make(line, COMMAND_LINE + 1), &c,
	    wrong));
	ck_assert_ptr_nonnull(strstr(wrong, "1024 bytes at most"));
	ck_assert(!command_parse(slice_make(line, COMMAND_LINE), &c, wrong));
	ck_assert_ptr_nonnull(strstr(wrong, "no command"));
}
END_TEST

START_TEST(replies_are_lines_whatever_is_in_them)
{
	struct reply r = {0};

	reply_ok(&r);
	reply_record(&r, "backend");
	reply_text(&r, "name", "a\tb\nc\x7f\xc3\xbc");
	reply_text(&r, "why", NULL);
	reply_number(&r, "n", UINT64_MAX);
	reply_close(&r);
	reply_lines(&r, "\tone = 1;\ntwo\n", 14);
	reply_end(&r);
	ck_assert(!r.cut);
	const char *want = "ok\nbackend\tname=a?b?c?\xc3\xbc\twhy="
	    "\tn:=9223372036854775807\ntext\t=        one = 1;\n"
	    "text\t=two\nend\n";
	ck_assert_uint_eq(r.n, strlen(want));
	ck_assert_mem_eq(r.at, want, r.n);
	reply_free(&r);
	ck_assert_ptr_null(r.at);
	reply_error(&r, "refused", "no \"%s\"\n", "x");
	ck_assert_uint_eq(r.n, strlen("error refused no \"x\"?\n"));
	ck_assert_mem_eq(r.at, "error refused no \"x\"?\n", r.n);
	reply_free(&r);
}
END_TEST

START_TEST(replies_have_a_bound)
{
	static char much[1 << 20];
	struct reply r = {0};

	memset(much, 'x', sizeof much - 1);
	for (int i = 0; i < 9; i++)
		reply_text(&r, "k", much);
	reply_end(&r);
	ck_assert(r.cut);
	ck_assert_uint_le(r.n, REPLY_MOST);
	ck_assert(memcmp(r.at + r.n - 4, "end\n", 4) != 0);
	reply_free(&r);
}
END_TEST

/* ---- The overlay ---- */

static struct conf_backend members[3] = {
	{.name = "web", .pool_name = "app", .member = 0, .members = 3},
	{.name = "web#2", .pool_name = "app", .member = 1, .members = 3},
	{.name = "web#3", .pool_name = "app", .member = 2, .members = 3},
};

#define ORDER(i) overlay_of(&members[i]).order
#define WEIGHT(i) overlay_of(&members[i]).weight

START_TEST(an_order_holds_for_all_members)
{
	ck_assert(overlay_set_order("app/web", ORDER_DRAIN));
	ck_assert_int_eq(ORDER(0), ORDER_DRAIN);
	ck_assert_int_eq(ORDER(2), ORDER_DRAIN);
	ck_assert(overlay_set_order("app/web#2", ORDER_DOWN));
	ck_assert_int_eq(ORDER(0), ORDER_DRAIN);
	ck_assert_int_eq(ORDER(1), ORDER_DOWN);
	ck_assert(overlay_set_weight("app/web", 1 + 9));
	ck_assert_int_eq(WEIGHT(1), 10);
	ck_assert_uint_eq(overlay_count(), 3);
	/* what is said of all goes over what was said of one */
	ck_assert(overlay_set_order("app/web", ORDER_UP));
	ck_assert_int_eq(ORDER(1), ORDER_UP);
	ck_assert(overlay_set_order("app/web", ORDER_NONE));
	ck_assert_uint_eq(overlay_count(), 1);
	ck_assert(overlay_set_weight("app/web", 0));
	ck_assert_uint_eq(overlay_count(), 0);
	ck_assert_ptr_null(overlay_order_at(0));
}
END_TEST

START_TEST(a_name_that_begins_like_another_is_another)
{
	struct conf_backend b = {.name = "web2", .pool_name = "app",
		.members = 1};

	overlay_set_order("app/web", ORDER_DRAIN);
	ck_assert_int_eq(overlay_of(&b).order, ORDER_NONE);
	overlay_set_order("app/web2", ORDER_DOWN);
	overlay_forget("app/web");
	ck_assert_int_eq(overlay_of(&b).order, ORDER_DOWN);
	ck_assert_int_eq(ORDER(0), ORDER_NONE);
}
END_TEST

static void change(const char *line)
{
	ck_assert_msg(parse(line), "%s: %s", line, wrong);
	ck_assert(overlay_apply(&c));
}

START_TEST(changes_are_taken_back)
{
	const struct conf_changes *all;

	ck_assert_ptr_null(overlay_changes());
	change("backend add app 127.0.0.1:1 name=x");
	change("workers 3 4");
	change("backend remove app/y");
	overlay_take_back();
	all = overlay_changes();
	ck_assert_uint_eq(all->n, 1);
	ck_assert_int_eq(all->at[0].kind, CHANGE_ADD);
	ck_assert_str_eq(all->at[0].name, "x");
	ck_assert_str_eq(all->at[0].address, "127.0.0.1:1");
	ck_assert_uint_eq(all->workers_max, 4);
	ck_assert(parse("backend remove app/x"));
	overlay_drop_added(&c);
	ck_assert_uint_eq(overlay_changes()->n, 0);
	overlay_take_back();
	ck_assert_uint_eq(overlay_changes()->n, 1);
}
END_TEST

static char dir[] = "/tmp/test_control.XXXXXX";

static void write_file(const char *text)
{
	char path[100];

	snprintf(path, sizeof path, "%s/" OVERLAY_FILE, dir);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void remove_files(void)
{
	char path[100];

	snprintf(path, sizeof path, "%s/" OVERLAY_FILE, dir);
	unlink(path);
	rmdir(path);
	rmdir(dir);
}

START_TEST(the_file_is_read_back)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	change("workers 3 4");
	change("backend add app 127.0.0.1:1 name=x weight=4 backup");
	change("backend disable app/web");
	change("backend weight app/web 0");
	change("backend enable app/y");
	ck_assert(overlay_write(dir));
	overlay_forget("app/web");
	overlay_forget("app/y");
	ck_assert(parse("backend remove app/x"));
	overlay_drop_added(&c);
	ck_assert(parse("workers 1 1"));
	ck_assert(overlay_apply(&c));
	overlay_read(dir);
	ck_assert_uint_eq(overlay_count(), 5);
	ck_assert_int_eq(ORDER(0), ORDER_DOWN);
	ck_assert_int_eq(WEIGHT(0), 1);
	ck_assert_uint_eq(overlay_changes()->workers_min, 3);
	ck_assert_uint_eq(overlay_changes()->n, 1);
	ck_assert(overlay_changes()->at[0].backup);
	ck_assert_uint_eq(overlay_changes()->at[0].weight, 4);
	remove_files();
}
END_TEST

START_TEST(lines_that_are_wrong_are_passed_over)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_file("# a comment\n\nnonsense\nreload\nstatus\nstop\n"
	    "backend drain app/web\nbackend weight app/web file\n"
	    "backend add app 127.0.0.1:1\nbackend drain");
	overlay_read(dir);
	ck_assert_int_eq(ORDER(0), ORDER_DRAIN);
	ck_assert_uint_eq(overlay_count(), 1);
	remove_files();
}
END_TEST

START_TEST(what_is_no_file_is_left_alone)
{
	char path[100], other[100];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/" OVERLAY_FILE, dir);
	snprintf(other, sizeof other, "%s/other", dir);
	overlay_read(dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	overlay_read(dir);
	unlink(path);
	write_file("backend drain app/web\n");
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	overlay_read(dir);
	ck_assert_uint_eq(overlay_count(), 0);
	/* and what is written replaces the link, not its target */
	change("backend drain app/web");
	change("backend weight app/web 3");
	ck_assert(overlay_write(dir));
	struct stat st;
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	unlink(other);
	remove_files();
	ck_assert(!overlay_write(dir));
}
END_TEST

START_TEST(much_has_a_bound)
{
	char line[100];

	for (unsigned i = 0; i < OVERLAY_CHANGES; i++) {
		snprintf(line, sizeof line, "backend remove app/b%u", i);
		change(line);
	}
	ck_assert(parse("backend remove app/one-more"));
	ck_assert(!overlay_apply(&c));
	for (unsigned i = 0; i < OVERLAY_ORDERS; i++) {
		snprintf(line, sizeof line, "app/c%u", i);
		ck_assert(overlay_set_order(line, ORDER_DOWN));
	}
	ck_assert(!overlay_set_order("app/one-more", ORDER_DOWN));
	ck_assert(overlay_set_order("app/c7", ORDER_DRAIN));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("all");

	suite_add_tcase(s, t);
	tcase_add_test(t, every_command_is_known);
	tcase_add_test(t, words_about_the_cache_are_checked);
	tcase_add_test(t, bans_speak_as_keys_do);
	tcase_add_test(t, as_many_urls_as_fit);
	tcase_add_test(t, names_have_a_pool_and_a_backend);
	tcase_add_test(t, numbers_have_bounds);
	tcase_add_test(t, what_is_added_is_described);
	tcase_add_test(t, errors_say_what_would_be_right);
	tcase_add_test(t, replies_are_lines_whatever_is_in_them);
	tcase_add_test(t, replies_have_a_bound);
	tcase_add_test(t, an_order_holds_for_all_members);
	tcase_add_test(t, a_name_that_begins_like_another_is_another);
	tcase_add_test(t, changes_are_taken_back);
	tcase_add_test(t, the_file_is_read_back);
	tcase_add_test(t, lines_that_are_wrong_are_passed_over);
	tcase_add_test(t, what_is_no_file_is_left_alone);
	tcase_add_test(t, much_has_a_bound);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
