/* SPDX-License-Identifier: BSD-2-Clause */
/* FAULT marks: where a test may end the process; nothing in other builds. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdatomic.h>
#include <stdint.h>

#include "config.h"

enum fault {
	FAULT_NONE,
#define FAULT_MARK(name, where) FAULT_##name,
#include "base/fault.def"
#undef FAULT_MARK
	FAULT_COUNT
};

#ifdef ENABLE_FAULT

/* A word in shared memory: mark (8), action (4), how many shall suffer it (4),
 * hits still to pass over (16). */
extern _Atomic uint32_t *fault_word;

/* Arms what PORTICO_FAULT in the environment names: "mark[:N[:ACTION[:M]]]",
 * N hits passed over (0), then M (1) hits at which the process kills itself
 * (kill, the default), spins (spin; deaf: without heed of SIGABRT), crashes,
 * or sleeps (4 s, and goes on). Behind a comma another mark may follow, which
 * is armed then. Dies when there is no such mark. */
void fault_arm(_Atomic uint32_t *word);

/* The same of a page that is armed already: what follows the first mark is
 * known here too. */
void fault_follow(_Atomic uint32_t *word);

/* Does what is armed, by default ends this process by SIGKILL, when `mark` is
 * the armed one. */
void fault_hit(enum fault mark);

#define FAULT(name)                                                            \
	do {                                                                   \
		if (fault_word && atomic_load_explicit(fault_word,             \
		    memory_order_relaxed))                                     \
			fault_hit(FAULT_##name);                               \
	} while (0)
#else
#define FAULT(name) ((void)0)
#endif

#endif
