/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes made at run time, applied to what the file says. */
#ifndef CONF_CHANGES_H
#define CONF_CHANGES_H

struct load;

/* Adds and removes backends and sets the numbers of workers as the options
 * say; what does not fit the file any more is warned of and passed over. */
void changes_apply(struct load *l);

#endif
