/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in certificates. */
#ifndef GATE_NAMES_H
#define GATE_NAMES_H

#include <stdbool.h>

#include "gate/certs.h"

struct complaints;

/* Fills names and nnames: the DNS names, or if there is no alternative name
 * at all its common name (RFC 6125, 6.4.4). What is no name of a host is said
 * and passed over. */
void names_read(struct certificate *cert, struct complaints *c);

/* It has a DNS name or an address. */
bool names_is_named(const struct certificate *cert);

#endif
