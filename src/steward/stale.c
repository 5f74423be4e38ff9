/* SPDX-License-Identifier: BSD-2-Clause */
/* Idle connections to addresses that a name has no more. */
#include "steward/stale.h"

#include <stdlib.h>

#include "base/log.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/seats.h"

#define EVERY_MS 1000
#define AT_ONCE 1024 /* connections that are closed in one look */

struct member {
	const struct conf_backend *backend;
	uint32_t version;
	bool again; /* somebody may have parked one while we looked */
};

static struct member *members;
static unsigned nmembers;
static uint64_t next;

static unsigned list_members(const struct conf *conf, struct member *to)
{
	unsigned n = 0;

	for (unsigned p = 0; p < conf->npools; p++)
		for (unsigned i = 0; i < conf->pools[p].nbackends; i++) {
			const struct conf_backend *b =
			    &conf->pools[p].backends[i];
			if (b->lookup.n && to) {
				to[n].backend = b;
				to[n].version = board_of(b)->version;
			}
			n += b->lookup.n > 0;
		}
	return n;
}

void stale_init(const struct conf *conf)
{
	free(members);
	members = NULL;
	next = 0;
	nmembers = list_members(conf, NULL);
	if (nmembers == 0)
		return;
	members = calloc(nmembers, sizeof *members);
	if (members == NULL)
		die("no memory for the names of backends");
	list_members(conf, members);
}

static void close_idle(const struct conf_backend *b)
{
	struct seat *seat = &seats.at[b->index];

	for (unsigned i = 0; i < AT_ONCE; i++) {
		uint32_t row = atomic_load(&seat->idle);
		if (row == 0 || row >= lobby.nrows)
			return;
		struct conn *peer = lobby_get(row);
		if (seat_remove(peer, conn_serial(peer)))
			lobby_close(peer);
	}
}

static void look_at(struct member *m)
{
	const struct board_row *row = board_of(m->backend);
	uint32_t version = atomic_load(&row->version);
	bool moved = version != m->version;

	if (moved || m->again || !atomic_load(&row->has_address))
		close_idle(m->backend);
	m->again = moved;
	m->version = version;
}

uint64_t stale_look(uint64_t now, bool moved)
{
	if (nmembers == 0)
		return UINT64_MAX;
	if (moved || now >= next) {
		for (unsigned i = 0; i < nmembers; i++)
			look_at(&members[i]);
		next = now + EVERY_MS;
	}
	return next;
}
