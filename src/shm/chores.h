/* SPDX-License-Identifier: BSD-2-Clause */
/* Chores: operators' orders to the cache, and requests without a client. */
#ifndef SHM_CHORES_H
#define SHM_CHORES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/slice.h"

#define CHORES 16
#define CHORE_TEXT 4000

enum chore_kind { CHORE_PURGE, CHORE_BAN, CHORE_WARM, CHORE_FIGURES };

/*   empty -> asked  the master: all other fields are written
 *   asked -> done   the newest steward: count, failed, status and why are
 *                   written
 *   done -> empty   the master, when it has read them; or when nobody waits
 * A steward that dies leaves it asked: its heir does it again. */
enum chore_state { CHORE_EMPTY, CHORE_ASKED, CHORE_DONE };

/* The word: number of the order (30), from 1; enum chore_state (2): so nothing
 * that was for an order of before changes what is for this one. */
struct chore_row {
	_Atomic uint32_t word;
	uint32_t kind;           /* enum chore_kind */
	uint32_t ban;            /* enum ban_kind */
	uint8_t soft;
	char host[256];
	char text[CHORE_TEXT];   /* target, prefix, expression, tag; PURGE,
				  * WARM: URLs, each with a line feed behind */
	_Atomic uint32_t count;  /* purged, or in the cache now: workers */
	_Atomic uint32_t status; /* of the last answer that was none of 2xx,
				  * nor of a PURGE 404; 0: there is none */
	uint32_t failed;         /* URLs, or 1 */
	char why[200];
};

/* What the store says of itself, for who takes no lock. */
enum chore_figure { FIGURE_BYTES, FIGURE_USED, FIGURE_LIVE, FIGURE_BUSY,
	FIGURE_CONDEMNED, FIGURE_EVICTED, FIGURE_REFUSED, FIGURE_DAMAGED,
	FIGURES };

/* figures: the newest steward, each second, and when it is asked. */
struct chores {
	struct chore_row at[CHORES];
	_Atomic uint64_t figures[FIGURES];
};

static inline enum chore_state chore_state(uint32_t word)
{
	return (enum chore_state)(word & 3);
}

static inline uint32_t chore_word(uint32_t number, enum chore_state state)
{
	return number << 2 | (uint32_t)state;
}

/* What the rows that it has made carry: 1 to UINT32_MAX. */
static inline uint32_t chore_mark(uint32_t word, unsigned row)
{
	return (word >> 2) << 5 | (row + 1);
}

struct conn;
struct flow;

/* A request without a client (a row of kind CONN_REFRESH, an eventfd): its
 * head (whole, at most a large page) came to that listener from there. Goes to
 * the lobby and is carried by the ordinary steps; its answer is thrown away.
 * mark: conn.mark, whose `count` it counts for; 0: none. False: there is no
 * row, or no page: nothing happened. Does not block. */
bool chore_request(unsigned listener, const struct addr *from,
    struct slice head, uint32_t mark);

/* The same in two steps: between them the row is the caller's, and *f, which
 * it begins with, may be changed. NULL: there is none. It is begun, or dropped
 * unbegun. */
struct conn *chore_open(unsigned listener, const struct addr *from,
    struct slice head, uint32_t mark, struct flow *f);
void chore_begin(struct conn *c, const struct flow *f);
void chore_drop(struct conn *c, const struct flow *f);

/* How many requests with that mark are under way in this family: exact when
 * who makes them asks. */
unsigned chore_pending(uint32_t mark);

#endif
