/* SPDX-License-Identifier: BSD-2-Clause */
/* Quick mode: a configuration from -l and -b. */
#ifndef CONF_QUICK_H
#define CONF_QUICK_H

struct load;

/* Builds the tree that a file of one listener "quick" and one pool "quick"
 * would have; messages will name -l or -b where a file has its line. */
void quick_build(struct load *l);

#endif
