/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and keys that stand in different files: who belongs to whom. */
#ifndef GATE_PAIRS_H
#define GATE_PAIRS_H

struct complaints;
struct sources;

/* Gives each source of s that was read its key, or says why it has none.
 * key: path of the key of the only one; NULL: it is to be found. */
void pairs_find(struct sources *s, const char *key, struct complaints *c);

#endif
