/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: its area, who has which row, and the words on it. */
#include "shm/board.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "shm/seats.h"

#define BUCKETS 4096
#define TRIES 1000 /* to read an address that is being written */

struct board board;

/* The master's own: names on the board itself are a stranger's. */
static struct claims {
	uint16_t bucket[BUCKETS]; /* row + 1 */
	uint16_t next[BOARD_ROWS];
	uint32_t users[BOARD_ROWS];
	char name[BOARD_ROWS][BOARD_NAME];
	unsigned used; /* rows from here on were never claimed */
} claims;

#define AREA_BYTES (4096 + sizeof(struct board_row) * BOARD_ROWS)

static bool lay_out(struct area area)
{
	board.area = area;
	board.head = area.at;
	board.rows = area.at ? (void *)((char *)area.at + 4096) : NULL;
	return area.at != NULL;
}

bool board_attach(int fd)
{
	return lay_out(area_attach(fd, AREA_BYTES));
}

bool board_create(void)
{
	if (!lay_out(area_create("portico-board", AREA_BYTES)))
		return false;
	if (claims.used) /* in tests: it is untouched memory else */
		memset(&claims, 0, sizeof claims);
	return getrandom(board.head->secret, sizeof board.head->secret, 0)
	    == sizeof board.head->secret;
}

static uint16_t *bucket_of(const char *name)
{
	static const uint64_t key[2];

	return &claims.bucket[hash_slice(key, slice_str(name)) % BUCKETS];
}

static unsigned find_claimed(const char *name)
{
	for (unsigned row = *bucket_of(name); row; row = claims.next[row - 1])
		if (strcmp(claims.name[row - 1], name) == 0)
			return row - 1;
	return BOARD_NONE;
}

static unsigned unused_row(void)
{
	if (claims.used < BOARD_ROWS)
		return claims.used++;
	for (unsigned row = 0; row < BOARD_ROWS; row++)
		if (claims.users[row] == 0)
			return row;
	return BOARD_NONE;
}

static void enter(unsigned row, const char *name)
{
	uint16_t *bucket = bucket_of(name);

	claims.next[row] = *bucket;
	*bucket = (uint16_t)(row + 1);
	snprintf(claims.name[row], BOARD_NAME, "%s", name);
}

bool board_adopt(unsigned row, const char *name)
{
	if (row >= BOARD_ROWS || strlen(name) >= BOARD_NAME)
		return false;
	if (claims.users[row] == 0)
		enter(row, name);
	else if (strcmp(claims.name[row], name) != 0)
		return false;
	claims.users[row]++;
	if (claims.used <= row)
		claims.used = row + 1;
	return true;
}

static unsigned make_row(const char *name)
{
	unsigned row = unused_row();

	if (row == BOARD_NONE)
		return row;
	enter(row, name);
	memset(&board.rows[row], 0, sizeof board.rows[row]);
	snprintf(board.rows[row].name, BOARD_NAME, "%s", name);
	claims.users[row] = 1;
	return row;
}

unsigned board_claim(const char *name, bool *fresh)
{
	unsigned row = find_claimed(name);

	*fresh = row == BOARD_NONE;
	if (*fresh)
		return make_row(name);
	claims.users[row]++;
	return row;
}

/* What belongs to the name, whichever server has it. */
static void inherit(struct board_row *to, const struct board_row *from)
{
	to->order = atomic_load(&from->order);
	to->weight = atomic_load(&from->weight);
	to->attempts = atomic_load(&from->attempts);
	to->retries = atomic_load(&from->retries);
	for (unsigned i = 0; i < sizeof to->answers / sizeof *to->answers; i++)
		to->answers[i] = atomic_load(&from->answers[i]);
	to->connect_errors = atomic_load(&from->connect_errors);
	to->timeouts = atomic_load(&from->timeouts);
	to->resets = atomic_load(&from->resets);
	to->bad_answers = atomic_load(&from->bad_answers);
	to->checks = atomic_load(&from->checks);
	to->checks_failed = atomic_load(&from->checks_failed);
}

unsigned board_renew(unsigned row)
{
	MUST(row < BOARD_ROWS && claims.users[row] > 0);
	unsigned anew = make_row(claims.name[row]);

	if (anew != BOARD_NONE)
		inherit(&board.rows[anew], &board.rows[row]);
	board_drop(row);
	return anew;
}

void board_drop(unsigned row)
{
	MUST(row < BOARD_ROWS && claims.users[row] > 0);
	if (--claims.users[row] > 0)
		return;
	uint16_t *at = bucket_of(claims.name[row]);
	while (*at != row + 1)
		at = &claims.next[*at - 1];
	*at = claims.next[row];
}

struct board_row *board_row_at(const struct seats *s, unsigned backend)
{
	MUST(backend < s->n);
	return &board.rows[s->row[backend]];
}

struct board_row *board_of(const struct conf_backend *b)
{
	return board_row_at(&seats, b->index);
}

/* ---- Addresses ---- */

/* In the order of the bytes, and between the versions: a torn copy shows. */
static void load_address(struct addr *to, const struct addr *from)
{
	const unsigned char *p = (const void *)from;
	unsigned char *q = (void *)to;

	for (size_t i = 0; i < sizeof *to; i++)
		q[i] = __atomic_load_n(&p[i], __ATOMIC_ACQUIRE);
}

static void store_address(struct addr *to, const struct addr *from)
{
	const unsigned char *p = (const void *)from;
	unsigned char *q = (void *)to;

	for (size_t i = 0; i < sizeof *to; i++)
		__atomic_store_n(&q[i], p[i], __ATOMIC_RELEASE);
}

bool board_address(const struct conf_backend *b, struct addr *a)
{
	struct board_row *row;

	if (b->lookup.n == 0) {
		*a = b->address;
		return true;
	}
	row = board_of(b);
	for (int i = 0; i < TRIES; i++) {
		uint32_t v = atomic_load_explicit(&row->version,
		    memory_order_acquire);
		bool has = atomic_load(&row->has_address);
		load_address(a, &row->address);
		if (!(v & 1) && atomic_load(&row->version) == v)
			return has && a->len <= sizeof a->un;
	}
	return false;
}

uint32_t board_address_version(const struct conf_backend *b)
{
	return b->lookup.n == 0 ? 0
	    : atomic_load_explicit(&board_of(b)->version, memory_order_acquire);
}

void board_set_address(const struct conf_backend *b, const struct addr *a)
{
	struct board_row *row = board_of(b);
	/* odd already: who wrote died in it */
	uint32_t v = atomic_load(&row->version) | 1;

	atomic_store(&row->version, v);
	if (a)
		store_address(&row->address, a);
	atomic_store(&row->has_address, a != NULL);
	atomic_store_explicit(&row->version, v + 1, memory_order_release);
}

/* ---- Words ---- */

static void write_why(char *to, const char *why)
{
	size_t n = strnlen(why, BOARD_WHY - 1);

	for (size_t i = 0; i < BOARD_WHY; i++)
		__atomic_store_n(&to[i], i < n ? why[i] : '\0',
		    __ATOMIC_RELAXED);
}

void board_say_why(const struct conf_backend *b, const char *why)
{
	struct board_row *row = board_of(b);

	write_why(row->why, why);
	atomic_store(&row->since, clock_us());
	atomic_fetch_add(&row->changed, 1);
}

void board_set_health(const struct conf_backend *b, enum board_health health,
    const char *why)
{
	struct board_row *row = board_of(b);
	uint64_t now = clock_ms();
	enum board_state was = board_state(b, now);

	if (atomic_load(&row->health) == HEALTH_DOWN && health != HEALTH_DOWN)
		atomic_store(&row->up_at, now);
	atomic_store(&row->health, health);
	if (board_may_try(b) || board_state(b, now) != was)
		board_say_why(b, why);
}
