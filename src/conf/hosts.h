/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names: what is one, and which site has it. */
#ifndef CONF_HOSTS_H
#define CONF_HOSTS_H

#include "base/slice.h"

struct load;

/* "a.example", "*.example", "*", "192.0.2.1" or "[::1]", without a port, in
 * lower case; NULL or what is wrong (a constant). */
const char *hosts_check(struct slice host);

/* Fills conf->hosts and conf->any from the sites; reports hosts that two
 * sites have. */
void hosts_index(struct load *l);

#endif
