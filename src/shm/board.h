/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: what was learnt of backends or ordered, by name, over reloads. */
#ifndef SHM_BOARD_H
#define SHM_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/conf.h"
#include "shm/area.h"

#define BOARD_ROWS 8192 /* those of the newest configurations, and spare */
#define BOARD_NAME 192  /* "pool/backend", and NUL */
#define BOARD_WHY 96
#define BOARD_BUCKETS 64 /* of latencies: two for each power of 2 */
#define BOARD_NONE UINT16_MAX

/* What an operator has ordered; it wins over the file's `state`. */
enum board_order { ORDER_NONE, ORDER_UP, ORDER_DRAIN, ORDER_DOWN };

/* What active checks have found. UNKNOWN is used like UP: no check has ended
 * yet, or there is none. */
enum board_health { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN, HEALTH_DRAIN };

/* A backend by its name. Who may write:
 *   master            name and all of it when the row is claimed; order,
 *                     weight
 *   newest steward    health, up_at, address, share and priority of SRV,
 *                     why, since, rate; ends ejections
 *   workers           failures, ejected_until, ejections (under their pool's
 *                     lock), counters, latency
 * Each word stands for itself; only the address is more than a word. Counters
 * are added to by workers and may lack what a death cut off. */
struct board_row {
	char name[BOARD_NAME];
	_Atomic uint32_t order;  /* enum board_order */
	_Atomic uint32_t weight; /* ordered: weight + 1; 0: the file's */
	_Atomic uint32_t health; /* enum board_health */
	_Atomic uint64_t up_at;  /* clock_ms it came up again; 0: never down */
	_Atomic uint64_t since;  /* clock_us of the last change of state */
	_Atomic uint64_t changed; /* grows with each change of why */
	char why[BOARD_WHY];     /* of the last change; may be torn */
	/* learnt of a name: written under an odd version (board_address) */
	_Atomic uint32_t version;
	_Atomic uint32_t has_address;
	struct addr address;
	_Atomic uint32_t srv_weight;   /* 1 to 256; 0: the file's */
	_Atomic uint32_t srv_priority; /* less is asked first */
	/* passive checks */
	_Atomic uint32_t failures;  /* in a row */
	_Atomic uint32_t unreachable; /* the last one was no connection */
	_Atomic uint64_t failed_at; /* clock_ms of the first of them */
	_Atomic uint64_t ejected_until; /* clock_ms; 0: it is not */
	_Atomic uint32_t ejections; /* in a row: each lasts longer */
	_Atomic uint32_t suspect;   /* a worker: look at it now; prober: 0 */
	_Atomic uint32_t latency;   /* us to the first byte, average; 0: none */
	/* counters since the row was made */
	_Atomic uint64_t attempts, retries;
	_Atomic uint64_t answers[6]; /* by the first digit of the status */
	_Atomic uint64_t connect_errors, timeouts, resets, bad_answers;
	_Atomic uint64_t checks, checks_failed;
	_Atomic uint32_t rate; /* attempts a second, times 10 */
	_Atomic uint32_t latencies[BOARD_BUCKETS]; /* halved now and then */
};

struct board_head {
	_Atomic uint32_t newest; /* generation whose steward probes: master */
	uint64_t secret[2];      /* of sticky cookies: the master, once */
};

struct board {
	struct area area;
	struct board_head *head;
	struct board_row *rows;
};

extern struct board board;

/* What becomes of requests for a backend. EJECTED is DOWN by passive checks,
 * NO_ADDRESS a name that has none. */
enum board_state { BOARD_UP, BOARD_DRAINING, BOARD_DOWN, BOARD_EJECTED,
	BOARD_NO_ADDRESS };

/* The master makes the area; false if there is no memory. */
bool board_create(void);

/* The same of the area that the program before made; the descriptor is the
 * board's from now on. False: it is none. Then its rows, once for each
 * generation that has them, older generations first; false: it cannot be. */
bool board_attach(int fd);
bool board_adopt(unsigned row, const char *name);

/* Row of that name, a fresh one if there was none; BOARD_NONE if all are in
 * use. `fresh` says so. For the master alone, which counts who uses it:
 * board_drop when a generation ends. */
unsigned board_claim(const char *name, bool *fresh);

/* The name is another server's from now on: a claimed `row` of it stays as it
 * is, for those that have it; the caller has a new one instead, with the
 * orders and counters of the old one. BOARD_NONE: all are in use, and `row` is
 * not the caller's any more. Once the new one is dropped the name is the old
 * one's again. */
unsigned board_renew(unsigned row);
void board_drop(unsigned row);

/* The row of a backend of this family; in the master, of its newest one. */
struct board_row *board_of(const struct conf_backend *b);

/* The row of the backend with that index in other seats. */
struct seats;
struct board_row *board_row_at(const struct seats *s, unsigned backend);

/* What is the case at clock_ms now. */
enum board_state board_state(const struct conf_backend *b, uint64_t now);
const char *board_state_name(enum board_state state);

/* True if nothing but checks keeps it from being used: no order, and it has an
 * address. */
bool board_may_try(const struct conf_backend *b);

/* Weight in effect: ordered, of SRV, or of the file. 0 to 256. */
unsigned board_weight(const struct conf_backend *b);

/* Where it is. False if its name has not been resolved, or not any more. */
bool board_address(const struct conf_backend *b, struct addr *a);

/* Another one whenever the address has changed: a connection that was made
 * under an older one may go elsewhere. */
uint32_t board_address_version(const struct conf_backend *b);

/* The newest steward: the name's member is at *a now; NULL: nowhere. */
void board_set_address(const struct conf_backend *b, const struct addr *a);

/* The newest steward: new health, and why (cut to fit). The reason is not
 * written where an order or the file keeps the backend as it is anyway. */
void board_set_health(const struct conf_backend *b, enum board_health health,
    const char *why);
void board_say_why(const struct conf_backend *b, const char *why);

/* An attempt has failed at clock_ms now, in a way that counts. True if the
 * backend is ejected by it (the caller logs that): `failures` in a row within
 * `window`, and not more than max_ejected of its pool. */
bool board_failure(const struct conf_backend *b, uint64_t now,
    bool unreachable, const char *why);

/* An attempt has had an answer that is no failure. */
void board_success(const struct conf_backend *b);

/* Counts `us` to the first byte of an answer. */
void board_latency(const struct conf_backend *b, uint64_t us);

/* Backends of the pool that get requests at clock_ms now. */
unsigned board_left(const struct conf_pool *pool, uint64_t now);

/* One line in the log: "POOL/NAME is WHAT; 2 of 3 are left", with the backups
 * apart, and with what becomes of the requests if nobody is left. */
void board_tell(const struct conf_backend *b, enum log_level level,
    const char *what);

/* The latency below which `share` percent of the counted ones lie, in us: 0 if
 * there are none. */
uint64_t board_percentile(const struct board_row *row, unsigned share);

#endif
