/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions of the configuration, compiled by PCRE2. */
#ifndef CONF_REGEX_H
#define CONF_REGEX_H

#include <stddef.h>

struct pcre2_real_code_8;

#define REGEX_WRONG 256

/* Compiles text, for matching bytes (not UTF-8), anywhere in a subject; NULL
 * and what is wrong with it. Faster by JIT where there is one. */
struct pcre2_real_code_8 *regex_compile(const char *text,
    char wrong[REGEX_WRONG]);

/* How many groups it has that a template may name. */
unsigned regex_groups(const struct pcre2_real_code_8 *re);

/* re is what regex_compile has made. */
void regex_free(void *re);

#endif
