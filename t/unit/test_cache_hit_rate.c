/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache keeps, beside what was used last (LRU), on some traces. */
/* links: shm net http conf base */
#include <math.h>

#include "store.h"

#define OBJECTS 20000
#define SCANNED 200000
#define REQUESTS 300000

static uint32_t state;
static double *sums; /* of popularity, up to each object */

static void make_zipf(double alpha)
{
	double sum = 0;

	sums = malloc(sizeof *sums * OBJECTS);
	ck_assert_ptr_nonnull(sums);
	for (unsigned i = 0; i < OBJECTS; i++)
		sums[i] = sum += pow(i + 1, -alpha);
}

static unsigned draw(void)
{
	double want = sums[OBJECTS - 1] * random_next(&state) / 4294967296.0;
	unsigned low = 0, high = OBJECTS - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (sums[middle] < want)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Half of them below 3 KB, some up to 48 KB: units of a body. */
static uint32_t units_of(unsigned object)
{
	uint32_t x = object * 2654435761u;
	unsigned order = (x >> 28) % 5;

	return 1 + (x >> 8) % (3u << order);
}

/* ---- A trace ---- */

struct trace {
	const char *name;
	double alpha;
	unsigned scan;  /* requests in a row for what nobody asks for again */
	unsigned every; /* in so many */
	bool shifts;    /* what is popular changes in the middle */
};

static unsigned next_of(const struct trace *t, unsigned turn)
{
	static unsigned scanned;

	if (t->scan && turn % t->every < t->scan)
		return OBJECTS + scanned++ % SCANNED;
	unsigned o = draw();
	return t->shifts && turn > REQUESTS / 2 ? (o + 777) % OBJECTS : o;
}

/* ---- LRU ---- */

static struct {
	uint32_t before, after; /* 0: none */
	bool in;
} lru[OBJECTS + SCANNED + 1];
static uint32_t newest, oldest;
static uint64_t lru_units;

static void lru_remove(uint32_t o)
{
	uint32_t before = lru[o].before, after = lru[o].after;

	*(before ? &lru[before].after : &newest) = after;
	*(after ? &lru[after].before : &oldest) = before;
	lru[o].in = false;
}

static void lru_push(uint32_t o)
{
	lru[o].before = 0;
	lru[o].after = newest;
	lru[o].in = true;
	*(newest ? &lru[newest].before : &oldest) = o;
	newest = o;
}

/* With a unit for key and record, as in the cache. */
static bool lru_ask(unsigned object, uint64_t most)
{
	uint32_t o = object + 1;
	bool hit = lru[o].in;

	if (hit)
		lru_remove(o);
	else
		lru_units += units_of(object) + 1;
	lru_push(o);
	while (lru_units > most) {
		uint32_t victim = oldest;
		lru_remove(victim);
		lru_units -= units_of(victim - 1) + 1;
	}
	return hit;
}

/* ---- Ours ---- */

static bool ask(unsigned object)
{
	static char body[64 * CACHE_UNIT];
	char key[24];

	snprintf(key, sizeof key, "/%u", object);
	if (store_find(key, NULL)) {
		cache_unpin();
		return true;
	}
	store_fill(key, "r", body, (size_t)units_of(object) * CACHE_UNIT);
	return false;
}

static void compare(const struct trace *t, double *ours, double *theirs)
{
	uint64_t most = (uint64_t)cache.shape.units;
	unsigned hits = 0, lru_hits = 0;

	state = 4711;
	newest = oldest = 0;
	lru_units = 0;
	memset(lru, 0, sizeof lru);
	make_zipf(t->alpha);
	for (unsigned i = 0; i < REQUESTS; i++) {
		unsigned object = next_of(t, i);
		hits += ask(object);
		lru_hits += lru_ask(object, most);
		if (i % 100 == 0)
			cache_tidy(0);
	}
	free(sums);
	*ours = 100.0 * hits / REQUESTS;
	*theirs = 100.0 * lru_hits / REQUESTS;
	printf("# %-28s %5.1f%% (LRU %5.1f%%)\n", t->name, *ours, *theirs);
}

static void run(const struct trace *t, double better)
{
	double ours, theirs;

	compare(t, &ours, &theirs);
	ck_assert_double_ge(ours, theirs + better);
	store_check();
}

START_TEST(popular_ones_stay)
{
	run(&(struct trace){"Zipf 0.8", 0.8, 0, 1, false}, 2);
}
END_TEST

START_TEST(very_popular_ones_stay)
{
	run(&(struct trace){"Zipf 1.0", 1.0, 0, 1, false}, 1);
}
END_TEST

START_TEST(scans_do_not_empty_it)
{
	run(&(struct trace){"Zipf 0.9, scans of a fifth", 0.9, 2000, 10000,
	    false}, 3);
}
END_TEST

START_TEST(half_of_all_is_asked_for_once)
{
	run(&(struct trace){"Zipf 0.9, every other once", 0.9, 1, 2, false},
	    3);
}
END_TEST

START_TEST(what_is_popular_may_change)
{
	run(&(struct trace){"Zipf 0.9 that shifts", 0.9, 0, 1, true}, 1);
}
END_TEST

static void add(TCase *tc)
{
	store_bytes = UINT64_C(8) << 20;
	tcase_add_test(tc, popular_ones_stay);
	tcase_add_test(tc, very_popular_ones_stay);
	tcase_add_test(tc, scans_do_not_empty_it);
	tcase_add_test(tc, half_of_all_is_asked_for_once);
	tcase_add_test(tc, what_is_popular_may_change);
}

int main(void)
{
	return store_run("cache_hit_rate", add);
}
