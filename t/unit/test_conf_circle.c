/* SPDX-License-Identifier: BSD-2-Clause */
/* The circle of a consistent hash: shares, and keys that stay. */
/* links: conf base */
#include "conf/circle.h"

#include <check.h>
#include <stdlib.h>

#include "base/hash.h"
#include "conf/load.h"

#define KEYS 10000
#define TOP "listeners = { http = { address = \"*:8080\"; }; };\n"             \
	"pools = { app = { balance = \"hash\"; backends = ("

/* Backends b0, b1 ... but the one that is left out, of these weights. */
static struct conf *load(const unsigned *weights, int n, int left_out)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs(TOP, to);
	for (int i = 0, first = 1; i < n; i++) {
		if (i == left_out)
			continue;
		fprintf(to, "%s{ name = \"b%d\"; address = \"10.0.0.1:%d\"; "
		    "weight = %u; }", first ? "" : ",\n", i, i + 1,
		    weights[i]);
		first = 0;
	}
	fputs("); }; };\n", to);
	fclose(to);
	struct conf *conf = load_from_text("test.conf", text, size, NULL,
	    stderr);
	ck_assert_ptr_nonnull(conf);
	free(text);
	return conf;
}

static const struct conf_backend *owner(const struct conf *conf, unsigned k)
{
	static const uint64_t zero[2];
	const struct conf_pool *pool = &conf->pools[0];
	char text[16];
	int n = snprintf(text, sizeof text, "key%u", k);
	unsigned i = circle_find(pool, (uint32_t)hash_slice(zero,
	    slice_make(text, (size_t)n)));

	return &pool->backends[pool->points[i].backend];
}

static void fill(unsigned *weights, int n, unsigned weight)
{
	for (int i = 0; i < n; i++)
		weights[i] = weight;
}

START_TEST(points_are_sorted_and_of_their_backends)
{
	static const unsigned weights[] = {1, 0, 3};
	struct conf *c = load(weights, 3, -1);
	const struct conf_pool *pool = &c->pools[0];
	unsigned count[3] = {0};

	ck_assert_uint_gt(pool->npoints, 200);
	for (unsigned i = 0; i < pool->npoints; i++) {
		ck_assert(i == 0
		    || pool->points[i - 1].at <= pool->points[i].at);
		ck_assert_uint_lt(pool->points[i].backend, 3);
		count[pool->points[i].backend]++;
	}
	ck_assert_uint_eq(count[1], 0);
	ck_assert_uint_eq(count[2], 3 * count[0]);
	conf_free(c);
}
END_TEST

START_TEST(a_point_is_found_by_its_place)
{
	static const unsigned weights[] = {1, 1};
	struct conf *c = load(weights, 2, -1);
	const struct conf_pool *pool = &c->pools[0];
	uint32_t first = pool->points[0].at;
	uint32_t last = pool->points[pool->npoints - 1].at;

	ck_assert_uint_gt(first, 0);
	ck_assert_uint_lt(last, UINT32_MAX);
	ck_assert_uint_eq(circle_find(pool, 0), 0);
	ck_assert_uint_eq(circle_find(pool, first), 0);
	ck_assert_uint_eq(circle_find(pool, first + 1), 1);
	ck_assert_uint_eq(circle_find(pool, last), pool->npoints - 1);
	ck_assert_uint_eq(circle_find(pool, last + 1), 0);
	ck_assert_uint_eq(circle_find(pool, UINT32_MAX), 0);
	conf_free(c);
}
END_TEST

START_TEST(keys_fall_to_backends_by_their_weights)
{
	static const unsigned weights[] = {1, 2, 5};
	struct conf *c = load(weights, 3, -1);
	double count[3] = {0};

	for (unsigned k = 0; k < KEYS; k++)
		count[owner(c, k)->index]++;
	for (int i = 0; i < 3; i++) {
		double right = KEYS * weights[i] / 8.0;
		ck_assert_double_gt(count[i], 0.85 * right);
		ck_assert_double_lt(count[i], 1.15 * right);
	}
	conf_free(c);
}
END_TEST

/* Each of ten goes: its keys move, a tenth of all, and no other's. */
START_TEST(a_backend_that_goes_moves_its_keys_only)
{
	unsigned weights[10];
	unsigned moved = 0;

	fill(weights, 10, 1);
	struct conf *all = load(weights, 10, -1);
	struct conf *left = load(weights, 10, _i);
	for (unsigned k = 0; k < KEYS; k++) {
		const char *before = owner(all, k)->name;
		if (strcmp(before, owner(left, k)->name) == 0)
			continue;
		ck_assert_int_eq(before[1] - '0', _i);
		moved++;
	}
	ck_assert_uint_gt(moved, KEYS / 10 * 7 / 10);
	ck_assert_uint_lt(moved, KEYS / 10 * 13 / 10);
	conf_free(all);
	conf_free(left);
}
END_TEST

/* Also where weights differ, as long as their mean stays about the same. */
START_TEST(unequal_backends_keep_their_keys_too)
{
	static const unsigned weights[] = {5, 7, 10, 6, 8, 9, 7, 10, 12, 6};
	struct conf *all = load(weights, 10, -1);
	struct conf *left = load(weights, 10, 3);

	for (unsigned k = 0; k < KEYS; k++) {
		const char *before = owner(all, k)->name;
		ck_assert(strcmp(before, "b3") == 0
		    || strcmp(before, owner(left, k)->name) == 0);
	}
	conf_free(all);
	conf_free(left);
}
END_TEST

START_TEST(there_are_not_too_many_points)
{
	static unsigned weights[4096];

	fill(weights, 4096, 256);
	weights[0] = 1;
	struct conf *c = load(weights, 4096, -1);
	unsigned count = 0;
	ck_assert_uint_le(c->pools[0].npoints, CIRCLE_MOST);
	ck_assert_uint_gt(c->pools[0].npoints, CIRCLE_MOST / 3);
	for (unsigned i = 0; i < c->pools[0].npoints; i++)
		count += c->pools[0].points[i].backend == 0;
	ck_assert_uint_eq(count, 1);
	conf_free(c);
	c = load((const unsigned[]){0, 0}, 2, -1);
	ck_assert_uint_eq(c->pools[0].npoints, 0);
	conf_free(c);
	c = load((const unsigned[]){256}, 1, -1);
	ck_assert_uint_gt(c->pools[0].npoints, 0);
	ck_assert_uint_le(c->pools[0].npoints, 640);
	conf_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_circle");
	TCase *t = tcase_create("circle");

	tcase_add_test(t, points_are_sorted_and_of_their_backends);
	tcase_add_test(t, a_point_is_found_by_its_place);
	tcase_add_test(t, keys_fall_to_backends_by_their_weights);
	tcase_add_loop_test(t, a_backend_that_goes_moves_its_keys_only, 0, 10);
	tcase_add_test(t, unequal_backends_keep_their_keys_too);
	tcase_add_test(t, there_are_not_too_many_points);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
