/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of keywords that keywords.def declares. */
#include "conf/keyword.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "conf/conf.h"

#define KB UINT64_C(1024)
#define MB (KB * KB)
#define GB (KB * MB)
#define DAY (UINT64_C(24) * 60 * 60 * 1000)

#define AT(s, m) offsetof(struct s, m), sizeof(((struct s *)NULL)->m)
#define NOWHERE 0, 0

const struct keyword keyword_table[] = {
#define KEY(group, name, type, place, fallback, least, most, doc)              \
	{group, name, KEY_##type, place, fallback, least, most, doc},
#include "conf/keywords.def"
#undef KEY
};

const unsigned keyword_count = sizeof keyword_table / sizeof keyword_table[0];

static const char *const type_names[] = {
#define TYPE(id, function, name) [KEY_##id] = name,
	KEYWORD_TYPES
#undef TYPE
};

const struct keyword *keyword_find(const char *group, const char *name)
{
	for (unsigned i = 0; i < keyword_count; i++)
		if (strcmp(keyword_table[i].name, name) == 0
		    && strcmp(keyword_table[i].group, group) == 0)
			return &keyword_table[i];
	return NULL;
}

bool keyword_is_prose(const struct keyword *k)
{
	return k->fallback[0] == '(';
}

bool keyword_is_inherited(const struct keyword *k)
{
	return strcmp(k->fallback, KEYWORD_INHERITED) == 0;
}

bool keyword_is_of_route(const struct keyword *k)
{
	static const char routes[] = "sites.NAME.routes";

	return strncmp(k->group, routes, sizeof routes - 1) == 0;
}

struct conf_policy *keyword_policy(const struct keyword *k, void *base)
{
	return keyword_is_of_route(k) ? &((struct conf_route *)base)->policy
	    : &((struct conf_site *)base)->policy;
}

bool keyword_is_required(const struct keyword *k)
{
	return strcmp(k->fallback, "(required)") == 0;
}

void keyword_path(const struct keyword *k, const char *tail, char *to)
{
	int n = snprintf(to, KEYWORD_PATH, "%s%s%s%s", k->group,
	    k->group[0] ? "." : "", k->name, tail);

	MUST(n > 0 && n < KEYWORD_PATH);
}

void conf_list_keywords(FILE *to)
{
	for (unsigned i = 0; i < keyword_count; i++) {
		const struct keyword *k = &keyword_table[i];
		fprintf(to, "%s%s%s\t%s\t%s\t%s\n", k->group,
		    k->group[0] ? "." : "", k->name, type_names[k->type],
		    k->fallback, k->doc);
	}
}
