/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be said only of the whole configuration. */
#ifndef CONF_VERIFY_H
#define CONF_VERIFY_H

struct load;

/* Works out the defaults that are prose in keywords.def, indexes hosts and
 * reports what does not fit together. */
void verify(struct load *l);

#endif
