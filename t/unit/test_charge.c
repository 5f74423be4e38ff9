/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders to the cache, and what strangers may have made of the answers. */
/* links: master shm http net conf base */
#include "store.h"

#include "master/charge.h"
#include "shm/chore.h"

static struct reply reply;

static bool begin(const char *line)
{
	char text[COMMAND_WRONG];
	struct command c;

	reply_free(&reply);
	ck_assert_msg(command_parse(slice_str(line), &c, text), "%s", text);
	return charge_begin(&c, &reply);
}

static const char *said(void)
{
	static char text[4096];

	ck_assert_uint_lt(reply.n, sizeof text);
	memcpy(text, reply.at, reply.n);
	text[reply.n] = '\0';
	return text;
}

/* The row of the order that waits: there is one. */
static struct chore_row *asked(void)
{
	for (unsigned i = 0; i < CHORES; i++)
		if (chore_state(cache.chores->at[i].word) == CHORE_ASKED)
			return &cache.chores->at[i];
	ck_abort_msg("nothing is asked");
}

static void end(struct chore_row *c)
{
	atomic_store(&c->word, chore_word(c->word >> 2, CHORE_DONE));
	charge_look();
	ck_assert(!charge_is_due(&reply));
	ck_assert_int_eq(chore_state(c->word), CHORE_EMPTY);
}

START_TEST(an_order_is_asked_and_answered)
{
	ck_assert(!begin("cache purge http://a.example/x soft"));
	ck_assert(charge_is_due(&reply));
	struct chore_row *c = asked();
	ck_assert_uint_eq(c->kind, CHORE_PURGE);
	ck_assert_uint_eq(c->soft, 1);
	ck_assert_str_eq(c->text, "http://a.example/x\n");
	charge_look();
	ck_assert(charge_is_due(&reply));
	ck_assert_uint_ne(charge_wakes_at(), 0);
	uint32_t mark = chore_mark(c->word, (unsigned)(c
	    - cache.chores->at));
	chore_count(mark, 3);
	chore_count(mark + 32, 5); /* of another order */
	chore_count(0, 5);
	end(c);
	ck_assert_str_eq(said(), "ok\ncache\tpurged:=3\nend\n");
	chore_count(mark, 1);
	ck_assert_uint_eq(c->count, 3);
	ck_assert_uint_eq(charge_wakes_at(), 0);
}
END_TEST

START_TEST(a_ban_says_what_keys_say)
{
	ck_assert(!begin("cache ban prefix http://A.example:80/%61/../b soft"));
	struct chore_row *c = asked();
	ck_assert_uint_eq(c->kind, CHORE_BAN);
	ck_assert_uint_eq(c->ban, BAN_PREFIX);
	ck_assert_str_eq(c->host, "a.example");
	ck_assert_str_eq(c->text, "/b");
	c->failed = 1;
	strcpy(c->why, "too\tmany\n");
	end(c);
	ck_assert_str_eq(said(), "error failed too?many?\nend\n");
}
END_TEST

START_TEST(numbers_and_texts_of_strangers_are_bounded)
{
	ck_assert(!begin("cache warm http://a/1 http://a/2"));
	struct chore_row *c = asked();
	ck_assert_str_eq(c->text, "http://a/1\nhttp://a/2\n");
	c->failed = UINT32_MAX;
	memset(c->why, 'w', sizeof c->why);
	atomic_store(&c->count, UINT32_MAX);
	end(c);
	ck_assert_ptr_nonnull(strstr(said(),
	    "cache\tstored:=4294967295\tfailed:=2\n"));
	ck_assert_ptr_nonnull(strstr(said(), "text\t=www"));
	ck_assert_ptr_nonnull(strstr(said(), "\nend\n"));
}
END_TEST

START_TEST(who_leaves_is_forgotten)
{
	ck_assert(!begin("cache ban host a"));
	struct chore_row *c = asked();
	charge_forget(&reply);
	ck_assert(!charge_is_due(&reply));
	ck_assert_int_eq(chore_state(c->word), CHORE_EMPTY);
	charge_look();
	ck_assert_uint_eq(reply.n, 0);
}
END_TEST

START_TEST(a_word_that_is_nonsense_is_no_answer)
{
	ck_assert(!begin("cache ban host a"));
	struct chore_row *c = asked();
	atomic_store(&c->word, UINT32_MAX);
	charge_look();
	ck_assert(!charge_is_due(&reply));
	ck_assert_ptr_nonnull(strstr(said(), "error failed it takes too long"));
}
END_TEST

START_TEST(there_are_so_many_at_a_time)
{
	struct reply replies[CHORES];
	struct command c;
	char text[COMMAND_WRONG];

	ck_assert(command_parse(SLICE("cache ban tag a"), &c, text));
	memset(replies, 0, sizeof replies);
	for (unsigned i = 0; i < CHORES; i++)
		ck_assert(!charge_begin(&c, &replies[i]));
	ck_assert(begin("cache ban tag a"));
	ck_assert_ptr_nonnull(strstr(said(), "error refused too many"));
	for (unsigned i = 0; i < CHORES; i++)
		charge_forget(&replies[i]);
	ck_assert(!begin("cache ban tag a"));
	charge_forget(&reply);
}
END_TEST

START_TEST(without_a_cache_nothing_is_asked)
{
	struct cache_head *head = cache.head;

	cache.head = NULL;
	ck_assert(begin("cache status"));
	ck_assert_str_eq(said(), "error refused there is no cache\nend\n");
	cache.head = head;
}
END_TEST

/* Another master's, before an upgrade. */
START_TEST(old_orders_are_taken_back)
{
	atomic_store(&cache.chores->at[5].word, chore_word(77, CHORE_ASKED));
	ck_assert(!begin("cache ban tag a"));
	ck_assert_int_eq(chore_state(cache.chores->at[5].word), CHORE_EMPTY);
	charge_forget(&reply);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, an_order_is_asked_and_answered);
	tcase_add_test(tc, a_ban_says_what_keys_say);
	tcase_add_test(tc, numbers_and_texts_of_strangers_are_bounded);
	tcase_add_test(tc, who_leaves_is_forgotten);
	tcase_add_test(tc, a_word_that_is_nonsense_is_no_answer);
	tcase_add_test(tc, there_are_so_many_at_a_time);
	tcase_add_test(tc, without_a_cache_nothing_is_asked);
	tcase_add_test(tc, old_orders_are_taken_back);
}

int main(void)
{
	return store_run("charge", add);
}
