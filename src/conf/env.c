/* SPDX-License-Identifier: BSD-2-Clause */
/* Environment variables in strings: ${NAME} and ${NAME:-default}. */
#include "conf/env.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/slice.h"

#define NAME_BYTES 64 /* of a variable's name, with its NUL */

static bool is_name_char(char c, bool first)
{
	char l = ascii_lower(c);

	return c == '_' || (l >= 'a' && l <= 'z')
	    || (!first && c >= '0' && c <= '9');
}

/* Cuts "NAME" off "NAME}..." or "NAME:-...". */
static bool cut_name(const char **p, char name[NAME_BYTES])
{
	size_t n = 0;

	while (is_name_char((*p)[n], n == 0) && n < NAME_BYTES - 1) {
		name[n] = (*p)[n];
		n++;
	}
	name[n] = '\0';
	*p += n;
	return n > 0 && ((*p)[0] == '}' || ((*p)[0] == ':' && (*p)[1] == '-'));
}

/* *p stands behind "${"; on success, behind its "}". */
static bool put_variable(FILE *to, const char **p, char wrong[ENV_WRONG])
{
	char name[NAME_BYTES];
	const char *end = strchr(*p, '}');

	if (end == NULL || !cut_name(p, name)) {
		snprintf(wrong, ENV_WRONG, "\"${\" begins a variable of the "
		    "environment: ${NAME} or ${NAME:-default}");
		return false;
	}
	const char *value = getenv(name);
	if (value && *value) {
		fputs(value, to);
	} else if (**p == ':') {
		fwrite(*p + 2, 1, (size_t)(end - *p - 2), to);
	} else if (value == NULL) {
		snprintf(wrong, ENV_WRONG, "the environment has no %s; set "
		    "it, or write ${%.40s:-default}", name, name);
		return false;
	}
	*p = end + 1;
	return true;
}

static bool put_all(FILE *to, const char *text, char wrong[ENV_WRONG])
{
	const char *at;

	for (; (at = strstr(text, "${")); text = at) {
		fwrite(text, 1, (size_t)(at - text), to);
		at += 2;
		if (!put_variable(to, &at, wrong))
			return false;
	}
	fputs(text, to);
	return true;
}

char *env_expand(const char *text, char wrong[ENV_WRONG])
{
	char *out = NULL;
	size_t n;
	FILE *to = open_memstream(&out, &n);

	if (to == NULL)
		die("out of memory");
	bool good = put_all(to, text, wrong);
	if (fclose(to) != 0)
		die("out of memory");
	/* It could not be written down again, as portico -T must. */
	if (good && strstr(out, "${")) {
		snprintf(wrong, ENV_WRONG,
		    "a variable's value brings in \"${\" anew");
		good = false;
	}
	if (good)
		return out;
	free(out);
	return NULL;
}
