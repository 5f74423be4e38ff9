/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans: what they strike, what they leave, and when they end. Tallies. */
/* links: shm net http conf base */
#include "store.h"

static struct ban_subject subject;

/* "host target tags": a record of these tests. */
static bool read_subject(struct slice record, struct ban_subject *to)
{
	to->host = slice_cut(&record, ' ');
	to->target = slice_cut(&record, ' ');
	to->tags = record;
	return to->host.n > 0;
}

static void is(const char *record)
{
	ck_assert(read_subject(slice_str(record), &subject));
}

static bool add(enum ban_kind kind, const char *host, const char *text,
    bool soft)
{
	const char *why = NULL;
	bool fine = bans_add(kind, slice_str(host), slice_str(text), soft,
	    &why);

	ck_assert(fine || (why && *why));
	return fine;
}

/* 0: no ban strikes; 1: soft ones do; 2: others do. */
static int struck(uint32_t known)
{
	bool soft;

	if (!bans_strike(&subject, &known, &soft))
		return 0;
	ck_assert_uint_eq(known, atomic_load(&cache.bans->last));
	return soft ? 1 : 2;
}

START_TEST(urls_are_struck_whole)
{
	ck_assert(add(BAN_URL, "a", "/x?y", false));
	is("a /x?y");
	ck_assert_int_eq(struck(0), 2);
	is("a /x?yz");
	ck_assert_int_eq(struck(0), 0);
	is("a /x");
	ck_assert_int_eq(struck(0), 0);
	is("b /x?y");
	ck_assert_int_eq(struck(0), 0);
}
END_TEST

START_TEST(hosts_and_prefixes)
{
	ck_assert(add(BAN_HOST, "a", "", false));
	ck_assert(add(BAN_PREFIX, "", "/img/", false));
	ck_assert(add(BAN_PREFIX, "c", "/css/", false));
	is("a /");
	ck_assert_int_eq(struck(0), 2);
	is("a:81 /");
	ck_assert_int_eq(struck(0), 0);
	is("b /img/1");
	ck_assert_int_eq(struck(0), 2);
	is("b /img");
	ck_assert_int_eq(struck(0), 0);
	is("c /css/");
	ck_assert_int_eq(struck(0), 2);
	is("b /css/");
	ck_assert_int_eq(struck(0), 0);
}
END_TEST

START_TEST(expressions_see_host_and_target)
{
	ck_assert(!add(BAN_RE, "", "(", false));
	ck_assert_uint_eq(bans_count(), 0);
	ck_assert(add(BAN_RE, "", "^a[.]b/.*[.]png$", false));
	ck_assert(add(BAN_RE, "c", "x", true));
	is("a.b /i/1.png");
	ck_assert_int_eq(struck(0), 2);
	is("z.a.b /i/1.png");
	ck_assert_int_eq(struck(0), 0);
	is("a.b /i/1.png?2");
	ck_assert_int_eq(struck(0), 0);
	is("c /x");
	ck_assert_int_eq(struck(0), 1);
	is("d /x");
	ck_assert_int_eq(struck(0), 0);
}
END_TEST

/* It could be what it is for: nobody can tell. */
START_TEST(an_expression_that_takes_too_long_strikes)
{
	ck_assert(add(BAN_RE, "", "^a/(x+x+)+y$", false));
	is("a /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxzy");
	ck_assert_int_eq(struck(0), 2);
	is("b /");
	ck_assert_int_eq(struck(0), 0);
}
END_TEST

START_TEST(tags_are_words_or_strings)
{
	ck_assert(add(BAN_TAG, "", "news", false));
	is("a / old news");
	ck_assert_int_eq(struck(0), 2);
	is("a / newsy news2 \"news\"");
	ck_assert_int_eq(struck(0), 0);
	is("a / \n\"old\", \"news\"");
	ck_assert_int_eq(struck(0), 2);
	is("a / x\n\"new\\s\"");
	ck_assert_int_eq(struck(0), 0);
	is("a / x\nnews");
	ck_assert_int_eq(struck(0), 0);
	is("a /news");
	ck_assert_int_eq(struck(0), 0);
}
END_TEST

START_TEST(only_what_is_older_is_struck)
{
	ck_assert(add(BAN_HOST, "a", "", false));
	uint32_t known = atomic_load(&cache.bans->last);
	is("a /");
	ck_assert_int_eq(struck(known - 1), 2);
	ck_assert_int_eq(struck(known), 0);
	ck_assert(bans_are_known(cache.bans, known));
	ck_assert(add(BAN_HOST, "a", "", true));
	ck_assert(!bans_are_known(cache.bans, known));
	ck_assert_int_eq(struck(known), 1);
}
END_TEST

START_TEST(the_same_ban_again_takes_no_room)
{
	for (int i = 0; i < 1000; i++)
		ck_assert(add(BAN_HOST, "a", "", false));
	ck_assert_uint_eq(bans_count(), 1);
	ck_assert(add(BAN_HOST, "a", "", true));
	ck_assert_uint_eq(bans_count(), 2);
	ck_assert_uint_eq(atomic_load(&cache.bans->last), 1001);
}
END_TEST

START_TEST(there_are_so_many_and_no_longer_ones)
{
	static char longer[BAN_TEXT + 1];
	char text[16];

	memset(longer, 'x', BAN_TEXT);
	ck_assert(!add(BAN_TAG, "", longer, false));
	for (unsigned i = 0; i < BANS_MOST; i++) {
		snprintf(text, sizeof text, "/%u", i);
		ck_assert(add(BAN_URL, "a", text, false));
	}
	ck_assert(!add(BAN_URL, "a", "/more", false));
	ck_assert_uint_eq(bans_count(), BANS_MOST);
}
END_TEST

/* Until a round has been made. */
static void tidy(void)
{
	for (int i = 0; i < 1000 && bans_tidy(read_subject); i++)
		;
}

START_TEST(nobody_need_ask_for_what_is_struck)
{
	store_fill("/a", "a /a", "1", 1);
	store_fill("/b", "b /b", "2", 1);
	ck_assert(add(BAN_HOST, "a", "", false));
	store_fill("/c", "a /c", "3", 1);
	tidy();
	ck_assert_uint_eq(store_find("/a", NULL), 0);
	ck_assert_uint_ne(store_find("/b", NULL), 0);
	ck_assert_uint_ne(store_find("/c", NULL), 0);
	ck_assert_uint_eq(bans_count(), 0);
	store_check();
}
END_TEST

START_TEST(soft_ones_make_stale)
{
	store_fill("/a", "a /a", "1", 1);
	ck_assert(add(BAN_HOST, "a", "", true));
	tidy();
	uint32_t n = store_find("/a", NULL);
	ck_assert_uint_ne(n, 0);
	ck_assert_uint_eq(atomic_load(&cache_entry(n)->invalid), 1);
	ck_assert_uint_eq(bans_count(), 0);
	ck_assert_uint_eq(atomic_load(&cache.bans->struck), 1);
}
END_TEST

START_TEST(what_was_under_way_keeps_a_ban)
{
	uint32_t n;

	ck_assert_int_eq(store_claim("/a", 0, 5, &n), CACHE_CLAIMED);
	ck_assert(add(BAN_HOST, "a", "", false));
	tidy();
	ck_assert_uint_eq(bans_count(), 1);
	ck_assert(cache_fill_begin(n, SLICE("a /a"), 0));
	ck_assert(cache_fill_end(n, store_fits, NULL));
	ck_assert_uint_ne(store_find("/a", NULL), 0);
	tidy();
	ck_assert_uint_eq(store_find("/a", NULL), 0);
	ck_assert_uint_eq(bans_count(), 0);
}
END_TEST

START_TEST(bans_may_come_in_the_midst_of_a_round)
{
	char key[16], record[32];

	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof key, "/%d", i);
		snprintf(record, sizeof record, "h%d /", i);
		store_fill(key, record, "x", 1);
	}
	for (int i = 0; i < 300; i += 3) {
		snprintf(record, sizeof record, "h%d", i);
		ck_assert(add(BAN_HOST, record, "", false));
		bans_tidy(read_subject);
	}
	tidy();
	tidy();
	ck_assert_uint_eq(bans_count(), 0);
	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof key, "/%d", i);
		ck_assert_int_eq(store_find(key, NULL) != 0, i % 3 != 0);
	}
	store_check();
}
END_TEST

/* ---- Tallies ---- */

START_TEST(a_name_has_one_row)
{
	struct tally_row *a = tallies_find("x/1"), *b = tallies_find("x/2");

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_ne(a, b);
	tallies_add(a, TALLY_HIT, 3);
	ck_assert_ptr_eq(tallies_find("x/1"), a);
	ck_assert_uint_eq(atomic_load(&a->n[TALLY_HIT]), 3);
	ck_assert_uint_eq(atomic_load(&b->n[TALLY_HIT]), 0);
	tallies_add(NULL, TALLY_HIT, 1);
	ck_assert_ptr_null(tallies_find(""));
}
END_TEST

START_TEST(rows_end_and_dead_writers_cost_one)
{
	char name[2 * TALLY_NAME];
	unsigned found = 0;

	atomic_store(&cache.tallies->at[7].state, TALLY_BEGUN);
	for (unsigned i = 0; i < TALLIES + 9; i++) {
		snprintf(name, sizeof name, "site/%u", i);
		found += tallies_find(name) != NULL;
	}
	ck_assert_uint_eq(found, TALLIES - 1);
	ck_assert_ptr_nonnull(tallies_find("site/0"));
}
END_TEST

START_TEST(long_names_are_cut)
{
	char name[2 * TALLY_NAME];

	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	struct tally_row *row = tallies_find(name);
	ck_assert_ptr_nonnull(row);
	ck_assert_ptr_eq(tallies_find(name), row);
	ck_assert_uint_eq(strnlen(row->name, TALLY_NAME), TALLY_NAME - 1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, urls_are_struck_whole);
	tcase_add_test(tc, hosts_and_prefixes);
	tcase_add_test(tc, expressions_see_host_and_target);
	tcase_add_test(tc, an_expression_that_takes_too_long_strikes);
	tcase_add_test(tc, tags_are_words_or_strings);
	tcase_add_test(tc, only_what_is_older_is_struck);
	tcase_add_test(tc, the_same_ban_again_takes_no_room);
	tcase_add_test(tc, there_are_so_many_and_no_longer_ones);
	tcase_add_test(tc, nobody_need_ask_for_what_is_struck);
	tcase_add_test(tc, soft_ones_make_stale);
	tcase_add_test(tc, what_was_under_way_keeps_a_ban);
	tcase_add_test(tc, bans_may_come_in_the_midst_of_a_round);
	tcase_add_test(tc, a_name_has_one_row);
	tcase_add_test(tc, rows_end_and_dead_writers_cost_one);
	tcase_add_test(tc, long_names_are_cut);
}

int main(void)
{
	return store_run("bans", add_tests);
}
