/* SPDX-License-Identifier: BSD-2-Clause */
/* Claims: the rows of the board that a configuration's backends have. */
#include "master/claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "master/overlay.h"
#include "shm/board.h"

/* Where each row's backend is, hashed: the board itself is a stranger's. */
static uint64_t places[BOARD_ROWS];

static uint64_t place_of(const struct conf_backend *b)
{
	static const uint64_t key[2];
	char text[ADDR_TEXT + 300];
	int n;

	if (b->lookup.n) {
		n = snprintf(text, sizeof text, "%d %u %.*s", b->srv, b->port,
		    (int)b->lookup.n, b->lookup.p);
	} else {
		n = (int)addr_format(&b->address, text);
	}
	MUST(n >= 0 && (size_t)n < sizeof text);
	return hash_slice(key, slice_make(text, (size_t)n));
}

static unsigned claim(const struct conf_pool *pool,
    const struct conf_backend *b)
{
	char name[BOARD_NAME * 2];
	bool fresh;
	int n = snprintf(name, sizeof name, "%s/%s", pool->name, b->name);

	if (n < 0 || n >= BOARD_NAME) {
		log_err("%s: the name is too long: %d bytes, at most %d", name,
		    n, BOARD_NAME - 1);
		return BOARD_NONE;
	}
	unsigned row = board_claim(name, &fresh);
	uint64_t place = place_of(b);
	/* what older families have learnt stays theirs */
	if (!fresh && place != places[row])
		row = board_renew(row);
	if (row == BOARD_NONE) {
		log_err("%s: all %d rows for backends are in use: finish "
		    "older generations first", name, BOARD_ROWS);
		return row;
	}
	places[row] = place;
	overlay_lay(b, &board.rows[row]);
	return row;
}

uint16_t *claim_rows(const struct conf *conf)
{
	uint16_t *row = malloc(sizeof *row * (conf->nbackends + 1));

	if (row == NULL) {
		log_err("no memory for the rows of backends");
		return NULL;
	}
	for (unsigned i = 0; i < conf->nbackends; i++)
		row[i] = BOARD_NONE;
	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++) {
			const struct conf_pool *pool = &conf->pools[i];
			unsigned n = claim(pool, &pool->backends[k]);
			if (n == BOARD_NONE) {
				claim_drop(conf, row);
				free(row);
				return NULL;
			}
			row[pool->backends[k].index] = (uint16_t)n;
		}
	return row;
}

static bool inherit(const struct conf_pool *pool,
    const struct conf_backend *b, unsigned row)
{
	char name[BOARD_NAME * 2];
	int n = snprintf(name, sizeof name, "%s/%s", pool->name, b->name);

	if (n < 0 || n >= BOARD_NAME || !board_adopt(row, name))
		return false;
	places[row] = place_of(b);
	return true;
}

bool claim_inherit(const struct conf *conf, const uint16_t *row)
{
	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++) {
			const struct conf_pool *pool = &conf->pools[i];
			const struct conf_backend *b = &pool->backends[k];
			if (!inherit(pool, b, row[b->index]))
				return false;
		}
	return true;
}

void claim_settle(const struct conf *conf, const uint16_t *row)
{
	for (unsigned i = 0; i < conf->npools; i++) {
		const struct conf_pool *pool = &conf->pools[i];
		for (unsigned k = 0; k < pool->nbackends; k++)
			if (!pool->health.on)
				atomic_store(&board.rows[row[pool->backends[k]
				    .index]].health, HEALTH_UNKNOWN);
	}
}

void claim_drop(const struct conf *conf, const uint16_t *row)
{
	for (unsigned i = 0; i < conf->nbackends; i++)
		if (row[i] != BOARD_NONE)
			board_drop(row[i]);
}
