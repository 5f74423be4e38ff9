/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: connections to backends, and checks of them, that a gate is called
 * for. */
#ifndef GATE_ERRAND_H
#define GATE_ERRAND_H

#include <stdbool.h>

#include "conf/conf.h"

#define ERRANDS 2048 /* at once; the loop needs an entry for each, and one */

/* Once: calls are heard on that socket of the family's, what checks bring goes
 * to `checked`, connections by handover.h. peers_open was before. False if
 * there is no memory, or the loop cannot watch the socket. */
bool errand_open(const struct conf *conf, int calls, int checked);

/* Hears no more calls; what is under way goes on. */
void errand_retire(void);

/* How many are under way. */
unsigned errand_count(void);

/* Called whenever one has ended; may be NULL. */
extern void (*errand_ended)(void);

#endif
