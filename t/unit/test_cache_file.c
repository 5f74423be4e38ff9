/* SPDX-License-Identifier: BSD-2-Clause */
/* A cache in a file: what is whole survives, what is damaged is not used. */
/* links: shm net http conf base */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store.h"
#include "shm/cache_layout.h"

#define ENTRIES 60
#define DAMAGES 400
#define OBJECT (256 * 1024)

static char file[64];
static char body[100000];

static void reopen(void)
{
	cache_close(&cache);
	ck_assert(cache_create(&cache, store_bytes, OBJECT, file));
}

static void open_in_file(void)
{
	snprintf(file, sizeof file, "/tmp/portico-cache-%d", (int)getpid());
	unlink(file);
	store_open();
	reopen();
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i * i >> 3);
}

static void close_file(void)
{
	store_close();
	unlink(file);
}

static void key_of(unsigned i, char key[16])
{
	snprintf(key, 16, "/%u", i);
}

static size_t bytes_of(unsigned i)
{
	return i * i * 13 % sizeof body;
}

/* A renewed one among them shares its body with nobody any more. */
static void fill_all(void)
{
	char key[16];
	uint32_t n;

	for (unsigned i = 0; i < ENTRIES; i++) {
		key_of(i, key);
		ck_assert_uint_ne(store_fill(key, "r1", body, bytes_of(i)),
		    0);
	}
	ck_assert_int_eq(store_claim("/7", store_find("/7", NULL), 5, &n),
	    CACHE_CLAIMED);
	ck_assert(cache_renew(n, store_find("/7", NULL), SLICE("r1")));
	cache_unpin();
}

/* How many are there and sound; those are right. */
static unsigned count_right(void)
{
	unsigned found = 0;
	char key[16];

	for (unsigned i = 0; i < ENTRIES; i++) {
		key_of(i, key);
		uint32_t n = store_find(key, NULL);
		if (n == 0 || !cache_is_sound(n))
			continue;
		ck_assert(slice_eq(cache_record(n), SLICE("r1")));
		ck_assert(store_body_is(n, body, bytes_of(i)));
		found++;
	}
	cache_unpin();
	return found;
}

START_TEST(what_is_whole_is_there_again)
{
	uint32_t busy, filling;

	fill_all();
	ck_assert_int_eq(store_claim("/busy", 0, 5, &busy), CACHE_CLAIMED);
	ck_assert_int_eq(store_claim("/filling", 0, 6, &filling),
	    CACHE_CLAIMED);
	ck_assert(cache_fill_begin(filling, SLICE("r1"), 5000));
	ck_assert(store_write(filling, body, 3000, 1000));
	reopen();
	ck_assert_uint_eq(count_right(), ENTRIES);
	ck_assert_uint_eq(store_find("/busy", NULL), 0);
	ck_assert_uint_eq(store_find("/filling", NULL), 0);
	struct cache_figures c;
	cache_figures(&c);
	ck_assert_uint_eq(c.busy + c.condemned, 0);
	ck_assert_uint_eq(c.live, ENTRIES);
	store_check();
	reopen();
	ck_assert_uint_eq(count_right(), ENTRIES);
}
END_TEST

START_TEST(a_master_that_is_killed_leaves_it_whole)
{
	int status;

	cache_close(&cache);
	pid_t pid = fork();
	if (pid == 0) {
		reopen();
		fill_all();
		cache_lock(0); /* and dies with the lock */
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	reopen();
	ck_assert_uint_eq(count_right(), ENTRIES);
	store_check();
}
END_TEST

START_TEST(another_size_begins_empty)
{
	fill_all();
	cache_close(&cache);
	ck_assert(cache_create(&cache, 2 * store_bytes, OBJECT, file));
	ck_assert_uint_eq(count_right(), 0);
	struct stat st;
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_size, 2 * store_bytes);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	fill_all();
	ck_assert_uint_eq(count_right(), ENTRIES);
}
END_TEST

/* Who has it still ends soon: processes of a master that was killed. */
START_TEST(it_is_waited_for_a_moment)
{
	int status;

	fill_all();
	pid_t pid = fork();
	if (pid == 0) {
		clock_sleep_us(300000);
		_exit(0);
	}
	reopen();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_uint_eq(count_right(), ENTRIES);
}
END_TEST

START_TEST(nobody_else_gets_it)
{
	struct cache other;

	ck_assert(!cache_create(&other, store_bytes, OBJECT, file));
	ck_assert_ptr_null(other.head);
}
END_TEST

START_TEST(another_program_of_the_master_maps_it_as_it_is)
{
	struct cache other;
	uint32_t n;

	fill_all();
	ck_assert_int_eq(store_claim("/busy", 0, 5, &n), CACHE_CLAIMED);
	ck_assert(cache_attach(&other, dup(cache.area.fd)));
	ck_assert(memcmp(&other.shape, &cache.shape, sizeof other.shape)
	    == 0);
	struct cache old = cache;
	cache = other;
	ck_assert_uint_eq(count_right(), ENTRIES);
	ck_assert_int_eq(cache_state(n), ENTRY_BUSY);
	store_check();
	cache = old;
	cache_close(&other);
	ck_assert_uint_eq(count_right(), ENTRIES);
}
END_TEST

START_TEST(what_is_no_cache_is_not_attached)
{
	struct cache other;
	int fd = open("/dev/zero", O_RDWR);

	ck_assert(!cache_attach(&other, fd));
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	close(fd);
	cache.head->layout++;
	ck_assert(!cache_attach(&other, cache.area.fd));
	fill_all();
	reopen();
	ck_assert_uint_eq(count_right(), 0);
}
END_TEST

/* ---- Damage ---- */

static void damage(uint64_t at, size_t n, uint32_t *random)
{
	char bytes[64];
	int fd = open(file, O_RDWR);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(random_next(random) >> 9);
	ck_assert_int_eq(pwrite(fd, bytes, n, (off_t)at), (ssize_t)n);
	close(fd);
}

START_TEST(a_body_that_was_damaged_is_not_served)
{
	uint32_t random = 3;

	fill_all();
	uint32_t n = store_find("/20", NULL);
	uint64_t at = (uint64_t)(cache_block(cache_entry(n)->body)
	    - (char *)cache.area.at);
	cache_close(&cache);
	damage(at + 1000, 1, &random);
	reopen();
	ck_assert_uint_eq(count_right(), ENTRIES - 1);
	ck_assert_uint_eq(store_find("/20", NULL), 0);
	struct cache_figures c;
	cache_figures(&c);
	ck_assert_uint_eq(c.damaged, 1);
	store_check();
}
END_TEST

/* Anywhere in what tells where things are. */
/* After a power cut a block, with its sum, may be the one of before. */
START_TEST(a_body_of_two_versions_is_not_served)
{
	uint32_t n = store_fill("/two", "r1", body, sizeof body);
	uint32_t last = cache_entry(n)->body;

	while (cache.unit[last].next)
		last = cache.unit[last].next;
	ck_assert_uint_ne(last, cache_entry(n)->body);
	uint64_t bytes = sizeof body % ((uint64_t)cache_block_units(last)
	    * CACHE_UNIT);
	memset(cache_block(last), 'x', bytes);
	cache.unit[last].check = cache_check_block(cache_block(last), bytes);
	reopen();
	n = store_find("/two", NULL);
	ck_assert_uint_ne(n, 0);
	ck_assert(!cache_is_sound(n));
	cache_unpin();
	store_check();
}
END_TEST

static uint64_t somewhere(uint32_t *random)
{
	const char *base = cache.area.at;
	uint64_t begin[] = {0, (uint64_t)((char *)cache.shard - base),
		(uint64_t)((char *)cache.entry - base) + 128,
		(uint64_t)((char *)cache.unit - base) + 64 * 16,
		(uint64_t)((char *)cache.bucket - base)};
	uint64_t length[] = {200, sizeof(struct cache_shard), 62 * 128,
		700 * 16, cache.shape.buckets * 4};
	unsigned i = random_next(random) % 5;

	return begin[i] + random_next(random) % length[i];
}

/* Whatever a file says, there is a cache, with right sums, that works. */
START_TEST(whatever_is_in_a_file_is_borne)
{
	uint32_t random = 1234567;
	unsigned kept = 0;

	for (unsigned i = 0; i < DAMAGES; i++) {
		fill_all();
		uint64_t at[8];
		unsigned many = 1 + random_next(&random) % 8;
		for (unsigned k = 0; k < many; k++)
			at[k] = somewhere(&random);
		cache_close(&cache);
		for (unsigned k = 0; k < many; k++)
			damage(at[k], 1 + random_next(&random) % 16,
			    &random);
		reopen();
		store_check();
		kept += count_right();
		store_check();
		cache_tidy(0);
		cache_close(&cache);
		unlink(file);
		reopen();
	}
	ck_assert_uint_gt(kept, DAMAGES * ENTRIES / 4);
}
END_TEST

static void quiet(enum log_level level, const char *line, size_t n)
{
	(void)level;
	(void)line;
	(void)n;
}

int main(void)
{
	Suite *suite = suite_create("cache_file");
	TCase *tc = tcase_create("cache_file");
	SRunner *runner;
	int failed;

	log_to(quiet);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, open_in_file, close_file);
	tcase_add_test(tc, what_is_whole_is_there_again);
	tcase_add_test(tc, a_master_that_is_killed_leaves_it_whole);
	tcase_add_test(tc, another_size_begins_empty);
	tcase_add_test(tc, it_is_waited_for_a_moment);
	tcase_add_test(tc, nobody_else_gets_it);
	tcase_add_test(tc, another_program_of_the_master_maps_it_as_it_is);
	tcase_add_test(tc, what_is_no_cache_is_not_attached);
	tcase_add_test(tc, a_body_that_was_damaged_is_not_served);
	tcase_add_test(tc, a_body_of_two_versions_is_not_served);
	tcase_add_test(tc, whatever_is_in_a_file_is_borne);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
