/* SPDX-License-Identifier: BSD-2-Clause */
/* Layouts: whether another program's shared memory can be read as ours. */
#include "master/layout.h"

#include <stddef.h>

#include "base/hash.h"
#include "roles.h"
#include "shm/arrival.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/seats.h"
#include "shm/slot.h"

/* Grows when something is meant differently that sizes and places do not
 * show. */
#ifndef LAYOUT_EDITION
#define LAYOUT_EDITION 1
#endif

#define OF(type, member) offsetof(struct type, member)

static const size_t slot_numbers[] = {LAYOUT_EDITION, SLOTS,
	sizeof(struct slot), sizeof(struct ring), RING_BYTES, RING_ACCESS,
	sizeof(struct ring_header), SLOT_GATE, SLOT_DEAD, OF(slot, pid),
	OF(slot, state), OF(slot, incarnation), OF(slot, role),
	OF(slot, number), OF(slot, generation), OF(slot, crashed),
	OF(slot, verdict), OF(slot, pin), OF(slot, stride_at), OF(slot, line),
	OF(slot, letter), OF(slot, trace), OF(slot, ring)};

static const size_t board_numbers[] = {LAYOUT_EDITION, BOARD_ROWS,
	sizeof(struct board_head), sizeof(struct board_row), BOARD_BUCKETS,
	OF(board_head, newest), OF(board_head, secret), OF(board_row, order),
	OF(board_row, weight), OF(board_row, health), OF(board_row, why),
	OF(board_row, address), OF(board_row, failures),
	OF(board_row, latency), OF(board_row, attempts),
	OF(board_row, latencies)};

/* The words that master and family have for each other. */
static const size_t family_numbers[] = {LAYOUT_EDITION, LOBBY_HURRY,
	OF(lobby_head, order), OF(lobby_head, clients), OF(lobby_head, open),
	OF(lobby_head, ready), OF(lobby_head, ended), OF(lobby_head, over),
	OF(lobby_head, shut), OF(lobby_head, calls),
	OF(lobby_head, gates_died), OF(lobby_head, gates),
	OF(lobby_head, wanted), OF(lobby_head, top)};

static const size_t seats_numbers[] = {LAYOUT_EDITION, sizeof(struct seat),
	sizeof(struct pool_seat), OF(seat, nidle), OF(pool_seat, length),
	OF(seats_head, over), OF(pool_seat, budget)};

/* Gates of this program may serve a family of another one. */
static const size_t gate_numbers[] = {LAYOUT_EDITION, TICKETS_BYTES,
	sizeof(struct arrival), sizeof(struct call), sizeof(struct checked)};

static const size_t logger_numbers[] = {LAYOUT_EDITION, LOGGER_OUTPUTS,
	LOGGER_FINISH, sizeof(struct logger_order)};

static const struct {
	const char *name;
	const size_t *numbers;
	size_t bytes;
} layouts[] = {
	{"slots", slot_numbers, sizeof slot_numbers},
	{"board", board_numbers, sizeof board_numbers},
	{"family", family_numbers, sizeof family_numbers},
	{"seats", seats_numbers, sizeof seats_numbers},
	{"gates", gate_numbers, sizeof gate_numbers},
	{"logger", logger_numbers, sizeof logger_numbers},
};

struct layout layout_at(unsigned n)
{
	static const uint64_t key[2];

	if (n >= sizeof layouts / sizeof layouts[0])
		return (struct layout){NULL, 0};
	return (struct layout){layouts[n].name, hash_slice(key, slice_make(
	    (const char *)layouts[n].numbers, layouts[n].bytes))};
}
