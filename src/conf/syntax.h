/* SPDX-License-Identifier: BSD-2-Clause */
/* What libconfig could not parse, in words of use. */
#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

struct load;

/* Reports why l->file, of which text is all, has been refused. */
void syntax_report(struct load *l, const char *text);

#endif
