/* SPDX-License-Identifier: BSD-2-Clause */
/* Claims: the rows of the board that a configuration's backends have. */
#ifndef MASTER_CLAIM_H
#define MASTER_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* Rows for all backends, by index, from malloc; what was learnt of those that
 * have one already stays, as far as it is true of them still. NULL, logged:
 * all rows are in use, or there is no memory. */
uint16_t *claim_rows(const struct conf *conf);

/* The configuration runs: what only an older one checked is known no more. */
void claim_settle(const struct conf *conf, const uint16_t *row);

/* Gives them back; does not free row[]. */
void claim_drop(const struct conf *conf, const uint16_t *row);

/* The rows that a generation of the program before has; they are claimed again.
 * False: they cannot be its. */
bool claim_inherit(const struct conf *conf, const uint16_t *row);

#endif
