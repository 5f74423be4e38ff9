/* SPDX-License-Identifier: BSD-2-Clause */
/* Environment variables in strings: ${NAME} and ${NAME:-default}. */
#ifndef CONF_ENV_H
#define CONF_ENV_H

#include <stddef.h>

#define ENV_WRONG 160 /* bytes of a message, with its NUL */

/* The text with the variables' values put in, malloc'ed; NULL and a message
 * in wrong if a name is malformed, or undefined and without default. An
 * empty variable takes its default. Values are not expanded again. */
char *env_expand(const char *text, char wrong[ENV_WRONG]);

#endif
