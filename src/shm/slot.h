/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots: one row of shared memory per process, and the note of its hand. */
#ifndef SHM_SLOT_H
#define SHM_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "shm/area.h"
#include "shm/ring.h"

#define SLOTS 256 /* number 0 is the master's */
#define SLOT_LINE 160
#define SLOT_LETTER 512
#define SLOT_TRACE 640

enum slot_role { SLOT_NOBODY, SLOT_MASTER, SLOT_LOGGER, SLOT_STEWARD,
	SLOT_HEIR, SLOT_WORKER, SLOT_GATE };

/* Who may write each state:
 *   free -> ordered     the master, when it wants a process there
 *   ordered -> made     the steward, just before it clones the process
 *   made -> live        the process itself, ready for work
 *   made, live -> dead  the master, only after waitpid
 *   dead -> free        who settled what the process held (PROTOCOLS 3), or
 *                       the master for roles that hold nothing. */
enum slot_state { SLOT_FREE, SLOT_ORDERED, SLOT_MADE, SLOT_LIVE, SLOT_DEAD };

/* What a process is about to take; one at a time. */
enum note_kind { NOTE_NONE, NOTE_ACCEPT, NOTE_SOCKET, NOTE_CLOSE,
	NOTE_UNIX };

struct slot {
	_Atomic int32_t pid;          /* the kernel, at clone; 0 before */
	_Atomic uint32_t state;       /* above */
	_Atomic uint32_t incarnation; /* who frees the slot adds one */
	_Atomic uint32_t role;        /* the master; the heir when it rises */
	_Atomic uint32_t number;      /* the master: worker 3, gate 0 */
	_Atomic uint32_t generation;  /* the master */
	_Atomic uint32_t crashed;     /* the master: by a fault of its own */
	/* the steward, of a worker that spins: the signal that is to end it;
	 * the master obeys, and clears it */
	_Atomic uint32_t verdict;
	/* the process itself, read by who settles it: */
	_Atomic uint64_t note;  /* kind (8), row (24), serial (32) */
	_Atomic uint64_t moves; /* grows with each note taken and cleared */
	_Atomic uint32_t pin;   /* cache entry it looks at */
	/* clock_ms at which its stride began, 0: it waits; a worker, at both
	 * ends of each stride; the steward looks at it */
	_Atomic uint64_t stride_at;
	/* what it writes when it crashes; the master reads it once it died */
	char line[SLOT_LINE];     /* the request it carried */
	char letter[SLOT_LETTER]; /* why it panicked */
	char trace[SLOT_TRACE];   /* where it was */
	struct ring ring;       /* its log lines, for the logger */
};

struct slots {
	struct area area;
	struct slot *at;
};

extern struct slots slots;

/* The slot of this process (in tests: of this thread) and its number. */
extern _Thread_local struct slot *slot_self;
extern _Thread_local unsigned slot_me;

/* The master makes the area; false if there is no memory. */
bool slots_create(void);

/* The same of the area that the program before made; the descriptor is the
 * slots' from now on. False: it is none. */
bool slots_attach(int fd);

/* This process is the one of slot n: state live, log and panic go there. */
void slot_enter(unsigned n);

/* Name of a role, as in "portico: worker"; workers and gates have numbers. */
const char *slot_role_name(enum slot_role role);

/* Log lines of this process go to its slot's ring from now on. */
void slot_log(enum log_level level, const char *line, size_t n);

bool slot_is_dead(unsigned n);

/* The stride of this process begins now (clock_ms); 0: it is over. */
static inline void slot_stride(uint64_t now)
{
	atomic_store_explicit(&slot_self->stride_at, now,
	    memory_order_relaxed);
}

static inline uint64_t note_make(enum note_kind kind, uint32_t row,
    uint32_t serial)
{
	return (uint64_t)serial << 32 | (row & 0xffffff) << 8 | kind;
}

static inline enum note_kind note_kind(uint64_t note)
{
	return (enum note_kind)(note & 0xff);
}

static inline uint32_t note_row(uint64_t note)
{
	return (uint32_t)note >> 8;
}

/* note, take, hang, clear: the first and the last of the four. */
static inline void note_take(enum note_kind kind, uint32_t row,
    uint32_t serial)
{
	atomic_store_explicit(&slot_self->note, note_make(kind, row, serial),
	    memory_order_seq_cst);
}

static inline void note_clear(void)
{
	uint64_t moves = atomic_load_explicit(&slot_self->moves,
	    memory_order_relaxed);

	atomic_store_explicit(&slot_self->moves, moves + 1,
	    memory_order_release);
	atomic_store_explicit(&slot_self->note, 0, memory_order_release);
}

#endif
