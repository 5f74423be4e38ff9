/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache when processes that work in it are killed, wherever they are. */
/* links: shm net http conf base */
#include <signal.h>
#include <sys/wait.h>

#include "actor.h"
#include "base/clock.h"
#include "shm/cache_layout.h"

#define DEATHS 300
#define ACTORS 3

static _Noreturn void act(unsigned slot, uint32_t seed)
{
	slot_enter(slot);
	actor_begin(slot, seed);
	for (;;)
		actor_turn();
}

static pid_t spawn(unsigned slot, uint32_t seed)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		act(slot, seed);
	return pid;
}

/* As the steward does it; what the rows had pinned is let go of. */
static void settle(unsigned slot)
{
	bury(slot);
	cache_settle_locks(slot);
	actor_end(slot);
	atomic_store(&slots.at[slot].pin, 0);
	slot_free(slot);
}

/* Under a lock, if that can be: SIGKILL takes a while. */
static void wait_for_lock(unsigned slot)
{
	for (unsigned i = 0; i < 1000000; i++)
		if (lock_is_of(&cache.shard[0].lock, slot))
			return;
}

static unsigned repairs;

static void kill_one(pid_t pid, unsigned slot)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	    "it ended by itself");
	repairs += lock_is_of(&cache.shard[0].lock, slot)
	    && atomic_load(&cache.shard[0].dirty);
	settle(slot);
}

START_TEST(sums_are_right_after_many_deaths)
{
	pid_t pid[ACTORS + 1];
	uint32_t random = 99;

	actors_make_text();
	for (unsigned i = 1; i <= ACTORS; i++)
		pid[i] = spawn(i, i);
	for (unsigned death = 0; death < DEATHS; death++) {
		unsigned i = random_next(&random) % ACTORS + 1;
		clock_sleep_us(random_next(&random) % 4000);
		if (death % 2)
			wait_for_lock(i);
		kill_one(pid[i], i);
		store_check();
		pid[i] = spawn(i, death + 1000);
	}
	for (unsigned i = 1; i <= ACTORS; i++)
		kill_one(pid[i], i);
	store_check();
	struct cache_figures c;
	cache_figures(&c);
	ck_assert_uint_eq(c.busy, 0);
	ck_assert_uint_gt(c.evicted, 100);
		ck_assert_uint_gt(repairs, 3);
	cache_tidy(0);
	cache_figures(&c);
	ck_assert_uint_eq(c.condemned, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, sums_are_right_after_many_deaths);
}

int main(void)
{
	return store_run("cache_deaths", add);
}
