/* SPDX-License-Identifier: BSD-2-Clause */
/* One certificate with its key: what is made of a file, and what is odd. */
#ifndef GATE_LEAF_H
#define GATE_LEAF_H

#include <stdbool.h>

#include "gate/certs.h"

struct complaints;
struct source;

/* Of a source that has a key: which of its certificates the key is of, the
 * links behind it in their order, names, kind and end. False, and said, if it
 * cannot be used. What it has is its own; of *from only `key` is taken. */
bool leaf_make(struct certificate *to, struct source *from,
    struct complaints *c);
void leaf_free(struct certificate *cert);

/* Warnings: it has ended, ends within 21 days or has not begun, has no name,
 * is not for servers (for_clients: for clients). */
void leaf_judge(const struct certificate *cert, bool for_clients,
    struct complaints *c);

#endif
