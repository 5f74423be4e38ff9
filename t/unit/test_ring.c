/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of log lines: a writer, a reader, and a ring that lies. */
/* links: shm net http conf base */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "shm/ring.h"

#define LINES 30000

static struct ring ring;
static char text[RING_LINE_MAX];
static atomic_bool written;

static void setup(void)
{
	memset(&ring, 0, sizeof ring);
	written = false;
}

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Lines whose text follows from their number. */
static uint16_t length_of(uint32_t number)
{
	uint32_t state = number * 2654435761u + 1;

	random_next(&state);
	return (uint16_t)(random_next(&state) % (number % 100 ? 150
	    : RING_LINE_MAX + 1));
}

static void write_line(uint32_t number)
{
	char line[RING_LINE_MAX];
	struct ring_header h = {.length = length_of(number),
	    .kind = RING_ACCESS, .row = 7, .serial = 9, .number = number,
	    .when = number};

	memset(line, (int)(number % 251), h.length);
	ring_write(&ring, &h, line);
}

static bool is_line(const struct ring_header *h, const char *line)
{
	if (h->length != length_of(h->number) || h->when != h->number
	    || h->kind != RING_ACCESS || h->row != 7 || h->serial != 9)
		return false;
	for (unsigned i = 0; i < h->length; i++)
		if ((unsigned char)line[i] != h->number % 251)
			return false;
	return true;
}

static void *write_all(void *arg)
{
	(void)arg;
	for (uint32_t i = 1; i <= LINES; i++) {
		write_line(i);
		if (i % 64 == 0)
			sched_yield();
	}
	atomic_store(&written, true);
	return NULL;
}

/* Reads till the writer has gone; how many lines, 0 if one was wrong. */
static uint32_t read_all(void)
{
	struct ring_header h, first;
	uint32_t n = 0, last = 0;

	for (;;) {
		bool end = atomic_load(&written);
		bool peeked = ring_peek(&ring, &first);
		if (!ring_read(&ring, &h, text)) {
			if (end)
				return n;
			sched_yield();
			continue;
		}
		if (!is_line(&h, text) || h.number <= last
		    || (peeked && first.number != h.number))
			return 0;
		last = h.number;
		n++;
	}
}

START_TEST(every_line_is_read_or_counted_as_lost)
{
	pthread_t writer;

	ck_assert_int_eq(pthread_create(&writer, NULL, write_all, NULL), 0);
	uint32_t n = read_all();
	pthread_join(writer, NULL);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_eq(n + ring.lost, LINES);
	ck_assert_uint_eq(ring_used(&ring), 0);
}
END_TEST

START_TEST(entries_wrap_at_every_place)
{
	struct ring_header h;

	for (uint32_t i = 1; i <= LINES; i++) {
		write_line(i);
		ck_assert(ring_read(&ring, &h, text));
		ck_assert_uint_eq(h.number, i);
		ck_assert(is_line(&h, text));
	}
	ck_assert_uint_eq(ring.lost, 0);
	ck_assert(!ring_peek(&ring, &h));
	ck_assert(!ring_read(&ring, &h, text));
}
END_TEST

START_TEST(without_room_lines_are_lost)
{
	struct ring_header h = {.length = 1000}, out;
	unsigned fit = RING_BYTES / (sizeof h + 1000);

	for (unsigned i = 0; i < fit + 3; i++)
		ring_write(&ring, &h, text);
	ck_assert_uint_eq(ring.lost, 3);
	ck_assert_uint_eq(ring_used(&ring), fit * (sizeof h + 1000));
	ck_assert(ring_read(&ring, &out, text));
	ring_write(&ring, &h, text);
	ck_assert_uint_eq(ring.lost, 3);
	h.length = RING_LINE_MAX + 1;
	ring_write(&ring, &h, text);
	ck_assert_uint_eq(ring.lost, 4);
}
END_TEST

START_TEST(the_last_line_is_known)
{
	struct ring_header h;

	ck_assert(!ring_has_last(&ring, 7, 9, 1));
	for (uint32_t i = 1; i < 3000; i++) {
		write_line(i);
		ck_assert(ring_has_last(&ring, 7, 9, i));
		ck_assert(!ring_has_last(&ring, 7, 9, i - 1));
		ck_assert(!ring_has_last(&ring, 8, 9, i));
		ck_assert(!ring_has_last(&ring, 7, 8, i));
		ck_assert(ring_read(&ring, &h, text));
		ck_assert(ring_has_last(&ring, 7, 9, i));
	}
	h = (struct ring_header){.kind = RING_INFO, .row = 7, .serial = 9,
	    .number = 3000};
	ring_write(&ring, &h, text);
	ck_assert(!ring_has_last(&ring, 7, 9, 3000));
	ck_assert(ring_has_last(&ring, 7, 9, 2999));
}
END_TEST

/* Its writer died between the two stores, or before the first. */
START_TEST(an_entry_not_published_is_not_the_last)
{
	write_line(1);
	uint64_t head = ring.head;
	write_line(2);
	ring.head = head;
	ck_assert(!ring_has_last(&ring, 7, 9, 2));
	write_line(3);
	ck_assert(ring_has_last(&ring, 7, 9, 3));
}
END_TEST

/* A request's lines are there all at once; with room for one of two, that one
 * is written and the other lost. */
START_TEST(a_batch_is_published_at_once)
{
	struct ring_header h = {.length = 100, .kind = RING_ACCESS, .row = 7,
	    .serial = 9, .number = 1}, out;
	struct ring_batch b = ring_begin(&ring);

	ring_add(&b, &h, text);
	h.kind = RING_ACCESS + 5;
	ring_add(&b, &h, text);
	ck_assert_uint_eq(ring_used(&ring), 0);
	ck_assert(!ring_has_last(&ring, 7, 9, 1));
	ck_assert(!ring_publish(&b));
	ck_assert(ring_has_last(&ring, 7, 9, 1));
	ck_assert(ring_read(&ring, &out, text) && out.kind == RING_ACCESS);
	ck_assert(ring_read(&ring, &out, text)
	    && out.kind == RING_ACCESS + 5);
	ck_assert(!ring_read(&ring, &out, text));
}
END_TEST

START_TEST(a_batch_without_room_is_no_batch)
{
	struct ring_header h = {.length = RING_LINE_MAX};
	struct ring_batch b;

	while (ring.lost == 0)
		ring_write(&ring, &h, text);
	size_t used = ring_used(&ring);
	b = ring_begin(&ring);
	ring_add(&b, &h, text);
	ring_add(&b, &h, text);
	ck_assert(ring_publish(&b));
	ck_assert_uint_eq(ring.lost, 3);
	ck_assert_uint_eq(ring_used(&ring), used);
}
END_TEST

START_TEST(the_logger_is_called_before_the_ring_is_full)
{
	struct ring_header h = {.length = 1000};
	unsigned n = 0;

	while (!ring_write(&ring, &h, text))
		n++;
	ck_assert_uint_eq(ring.lost, 0);
	ck_assert_uint_lt(n, RING_BYTES / 2 / 1000);
}
END_TEST

static void *wake(void *arg)
{
	(void)arg;
	while (atomic_load(&ring.bell) == 0)
		sched_yield();
	ring_wake(&ring);
	return NULL;
}

START_TEST(who_sleeps_is_woken)
{
	pthread_t waker;
	uint64_t begin = clock_ms();

	ck_assert_int_eq(pthread_create(&waker, NULL, wake, NULL), 0);
	ring_drowse(&ring);
	ring_sleep(&ring, 3000);
	pthread_join(waker, NULL);
	ck_assert_uint_lt(clock_ms() - begin, 2000);
	ring_drowse(&ring);
	ring_wake(&ring); /* between looking and sleeping */
	ring_sleep(&ring, 3000);
	ck_assert_uint_lt(clock_ms() - begin, 2000);
	ring_drowse(&ring);
	ring_sleep(&ring, 30);
	ck_assert_uint_ge(clock_ms() - begin, 20);
}
END_TEST

static bool comes_to_an_end(void)
{
	struct ring_header h;

	for (unsigned i = 0; i < RING_BYTES && ring_used(&ring) > 0; i++) {
		ring_peek(&ring, &h);
		if (ring_read(&ring, &h, text) && h.length > RING_LINE_MAX)
			return false;
	}
	return ring_used(&ring) == 0;
}

static void damage(uint32_t *state)
{
	for (unsigned i = 0; i < 40; i++)
		ring.bytes[random_next(state) % RING_BYTES]
		    = (char)random_next(state);
	if (random_next(state) % 2)
		ring.head += random_next(state) % 200;
	if (random_next(state) % 4 == 0)
		ring.head = random_next(state);
	ring.last = random_next(state);
}

START_TEST(a_damaged_ring_is_survived)
{
	uint32_t state = 2463534242u;

	for (unsigned i = 1; i < 2000; i++) {
		for (unsigned k = 0; k < 20; k++)
			write_line(i + k);
		damage(&state);
		ring_has_last(&ring, 7, 9, i);
		ck_assert(comes_to_an_end());
		write_line(i);
		ck_assert(ring_has_last(&ring, 7, 9, i));
		ck_assert(comes_to_an_end());
	}
}
END_TEST

/* What is left is less than a header: it is skipped, not waited for. */
START_TEST(a_rest_without_header_is_skipped)
{
	struct ring_header h;

	write_line(1);
	ring.head += 8;
	ck_assert(ring_read(&ring, &h, text));
	ck_assert(!ring_read(&ring, &h, text));
	ck_assert_uint_eq(ring_used(&ring), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ring");
	TCase *tc = tcase_create("ring");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, every_line_is_read_or_counted_as_lost);
	tcase_add_test(tc, entries_wrap_at_every_place);
	tcase_add_test(tc, without_room_lines_are_lost);
	tcase_add_test(tc, the_last_line_is_known);
	tcase_add_test(tc, an_entry_not_published_is_not_the_last);
	tcase_add_test(tc, a_batch_is_published_at_once);
	tcase_add_test(tc, a_batch_without_room_is_no_batch);
	tcase_add_test(tc, the_logger_is_called_before_the_ring_is_full);
	tcase_add_test(tc, who_sleeps_is_woken);
	tcase_add_test(tc, a_damaged_ring_is_survived);
	tcase_add_test(tc, a_rest_without_header_is_skipped);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
