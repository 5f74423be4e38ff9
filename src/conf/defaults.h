/* SPDX-License-Identifier: BSD-2-Clause */
/* Defaults that depend on the machine, the options or the rest. */
#ifndef CONF_DEFAULTS_H
#define CONF_DEFAULTS_H

struct load;

/* Fills what the file left open; reports names of users and groups that do
 * not exist, and what cannot be guessed. May block (passwd). */
void defaults_fill(struct load *l);

#endif
