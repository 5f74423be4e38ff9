/* SPDX-License-Identifier: BSD-2-Clause */
/* The report is lawful whatever shared memory says. */
/* links: master shm http net conf base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/claim.h"
#include "master/generation.h"
#include "master/report.h"
#include "master/spawn.h"
#include "shm/board.h"

static const char text[] =
    "listeners = { a = { address = \"127.0.0.1:1\"; }; };\n"
    "pools = { app = { backends = ( \"127.0.0.1:2\", "
    "{ name = \"web\"; address = \"web.invalid\"; addresses = 3; } ); }; };\n"
    "pid_file = \"/nonexistent/p.pid\";\n";

static struct conf *load(void)
{
	char path[] = "/tmp/test_report.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	FILE *f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	struct conf *conf = conf_load(path, NULL, stderr);
	remove(path);
	ck_assert_ptr_nonnull(conf);
	return conf;
}

/* A family of which nobody is there but its areas. */
static struct generation *make(void)
{
	struct generation *g = &generations[0];

	ck_assert(slots_create() && board_create());
	g->conf = load();
	g->number = 7;
	g->state = GEN_RUNNING;
	ck_assert(lobby_create(&g->lobby, 64));
	ck_assert(seats_create(&g->seats, g->conf, claim_rows(g->conf)));
	children[1].role = SLOT_WORKER;
	children[1].pid = 1234;
	children[1].generation = 7;
	return g;
}

static unsigned lines_of(const struct reply *r, const char *kind)
{
	struct slice rest = slice_make(r->at, r->n);
	unsigned n = 0;

	while (rest.n) {
		struct slice line = slice_cut(&rest, '\n');
		for (size_t i = 0; i < line.n; i++)
			ck_assert(line.p[i] == '\t'
			    || (unsigned char)line.p[i] >= ' ');
		n += slice_starts(line, slice_str(kind));
	}
	return n;
}

/* Members of a name that have no address are left out, but for one. */
static unsigned check(void)
{
	struct reply r = {0};

	report_status(&r);
	ck_assert(!r.cut && r.n > 8);
	ck_assert(memcmp(r.at, "ok\n", 3) == 0);
	ck_assert(memcmp(r.at + r.n - 4, "end\n", 4) == 0);
	ck_assert_uint_eq(lines_of(&r, "master\t"), 1);
	ck_assert_uint_eq(lines_of(&r, "generation\t"), 1);
	ck_assert_uint_eq(lines_of(&r, "process\t"), 1);
	ck_assert_uint_eq(lines_of(&r, "pool\t"), 1);
	unsigned backends = lines_of(&r, "backend\t");
	ck_assert(backends >= 2 && backends <= 4);
	reply_free(&r);
	return backends;
}

START_TEST(an_untouched_board_is_told_of)
{
	make();
	ck_assert_uint_eq(check(), 2);
}
END_TEST

START_TEST(a_wild_board_is_told_of)
{
	struct generation *g = make();
	unsigned char *rows = (unsigned char *)board.rows;
	unsigned char *seat = g->seats.area.at;
	size_t size = g->seats.area.size < 16384 ? g->seats.area.size : 16384;
	unsigned char *slot = (unsigned char *)&slots.at[1];

	srand(1);
	for (int round = 0; round < 40; round++) {
		for (size_t i = 0; i < 8 * sizeof *board.rows; i++)
			rows[i] = round ? (unsigned char)rand() : 0xff;
		for (size_t i = 0; i < size; i++)
			seat[i] = round ? (unsigned char)rand() : 0xff;
		for (size_t i = 0; i < 64; i++)
			slot[i] = (unsigned char)rand();
		atomic_store(&g->lobby.head->clients, (uint32_t)rand());
		/* an address that is read, and what was learnt is wild */
		atomic_store(&board.rows[round % 8].version, 2);
		atomic_store(&board.rows[round % 8].has_address, 1);
		board.rows[round % 8].address.len = 16;
		check();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("all");

	suite_add_tcase(s, t);
	tcase_add_test(t, an_untouched_board_is_told_of);
	tcase_add_test(t, a_wild_board_is_told_of);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
