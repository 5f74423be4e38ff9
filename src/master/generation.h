/* SPDX-License-Identifier: BSD-2-Clause */
/* Generations: one configuration and the family that carries it. */
#ifndef MASTER_GENERATION_H
#define MASTER_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "master/cachearea.h"
#include "master/master.h"
#include "master/young.h"
#include "shm/lobby.h"
#include "shm/pages.h"
#include "shm/seats.h"
#include "shm/slot.h"

#define GENERATIONS 8      /* that may exist at a time */
#define GENERATIONS_LIVE 4 /* above, the oldest is hurried */

enum generation_state { GEN_NONE, GEN_STARTING, GEN_RUNNING, GEN_DRAINING,
	GEN_ENDING };

/* Gates that read the same certificates: gates.h. */
struct shift {
	unsigned number;  /* 0: there is none */
	int retire;       /* eventfd: tells all of them to finish */
	unsigned wants;   /* gates */
	bool lets_in;     /* clients; else it is there for calls alone */
	uint64_t late_at; /* clock_ms: it should have started by then */
};

/* The master's own memory. The areas' contents are strangers to it. */
struct generation {
	enum generation_state state;
	unsigned number;
	struct conf *conf;
	struct lobby lobby;
	struct pages pages;
	struct seats seats;
	struct cachearea *cache; /* NULL: none */
	uint64_t drain_until; /* clock_ms; GEN_STARTING, GEN_DRAINING */
	struct young young;   /* of its processes that died young */
	struct shift gates;
	struct shift relief;  /* starts; then it is `gates` */
	int renewal;          /* enum gates_renewal: the last */
	struct young gates_young;
	uint64_t full_until;  /* clock_ms: no slot was left for a worker */
};

extern struct generation generations[GENERATIONS];

/* A new generation for conf, which it owns: areas, sockets, and the orders
 * for its processes. NULL, logged: nothing has changed, conf is the caller's
 * still. */
struct generation *generation_start(const struct master_task *task,
    struct conf *conf);

/* True once its steward, its heir, its workers and its gates are ready. */
bool generation_is_ready(const struct generation *g);

/* Takes no new connection any more and finishes; hurry: closes idle ones at
 * once too. */
void generation_drain(struct generation *g, uint64_t until, bool hurry);

/* True while one that drains may still let new clients in: its steward has
 * not closed its listeners yet. */
bool generation_old_is_open(void);

/* Its steward says that no connection is left. */
bool generation_has_ended(const struct generation *g);

/* Kills all its processes; they are reaped as they die. To be called again
 * until none is left. */
void generation_kill(struct generation *g);

/* Gives back what is left of it, once no process of it is. */
void generation_free(struct generation *g);

/* The newest one in that state, NULL if none is. */
struct generation *generation_find(enum generation_state state);
struct generation *generation_oldest(enum generation_state state);
struct generation *generation_of(unsigned number);

/* The newest one that runs, or drains: what its configuration says holds for
 * the whole process. */
struct generation *generation_current(void);
unsigned generation_count(enum generation_state state);

/* In a child that is none of a family: unmaps the areas of all of them, but
 * for the rows of `but` (NULL: none). */
void generation_unmap_all(const struct generation *but);

/* How many workers it is to have: what its steward wants, within the bounds
 * of the configuration. */
unsigned generation_wants(const struct generation *g);

/* The number of the newest one that there ever was, for who goes on. */
unsigned generation_newest(void);
void generation_go_on(unsigned number);

/* Wakes its steward. */
void generation_order(const struct generation *g);

#endif
