/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of well-known fields, and lists in values. */
#include "http/field.h"

#include <stddef.h>

enum reach { END, HOP };

static const struct {
	struct slice name;
	enum reach reach;
} known[FIELD_KNOWN] = {
#define FIELD(name, reach, text, first, inner) \
	[FIELD_##name] = {{text, sizeof(text) - 1}, reach},
#include "http/field.def"
#undef FIELD
};

/* A perfect hash: the factors were searched for. Where a new field collides
 * with another one, the compiler says that a slot is initialised twice
 * and it is time to search again. */
#define SLOT(n, first, inner) \
	(((n) + 94 * (unsigned)(first) + 16 * (unsigned)(inner)) & 255)

static const uint8_t slots[256] = {
#define FIELD(name, reach, text, first, inner) \
	[SLOT(sizeof(text) - 1, first, inner)] = FIELD_##name,
#include "http/field.def"
#undef FIELD
};

/* Bit 5 makes letters small and leaves '-' and digits as they are. No other
 * tchar becomes one of these by it. */
static bool is_known(const char *p, const char *lower, size_t n)
{
	const uint64_t small = 0x2020202020202020u;
	uint64_t a, b;
	size_t i;

	if (n < sizeof(a)) {
		for (i = 0; i < n; i++)
			if ((p[i] | 0x20) != lower[i])
				return false;
		return true;
	}
	for (i = 0; i < n; i += sizeof(a)) {
		if (n - i < sizeof(a))
			i = n - sizeof(a);
		memcpy(&a, p + i, sizeof(a));
		memcpy(&b, lower + i, sizeof(b));
		if ((a | small) != b)
			return false;
	}
	return true;
}

enum field_id field_find_id(struct slice name)
{
	unsigned id;

	if (name.n < 2)
		return FIELD_OTHER;
	id = slots[SLOT((unsigned)name.n, (uint8_t)name.p[0] | 0x20u,
	    (uint8_t)name.p[name.n - 2] | 0x20u)];
	if (known[id].name.n != name.n)
		return FIELD_OTHER;
	if (!is_known(name.p, known[id].name.p, name.n))
		return FIELD_OTHER;
	return (enum field_id)id;
}

struct slice field_name(enum field_id id)
{
	return known[id].name;
}

bool field_is_hop(enum field_id id)
{
	return known[id].reach == HOP && id != FIELD_OTHER;
}

/* The separator that ends the part at p, or end. */
static const char *part_end(const char *p, const char *end, char sep)
{
	bool quoted = false;

	for (; p < end; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && end - p > 1)
			p++;
		else if (!quoted && *p == sep)
			break;
	}
	return p;
}

static bool next_part(struct slice *rest, char sep, struct slice *part)
{
	const char *end, *p = rest->p;

	if (rest->n == 0)
		return false;
	end = p + rest->n;
	while (p < end) {
		const char *stop = part_end(p, end, sep);

		*part = slice_trim(slice_make(p, (size_t)(stop - p)));
		p = stop < end ? stop + 1 : end;
		if (part->n > 0)
			break;
	}
	*rest = slice_make(p, (size_t)(end - p));
	return part->n > 0;
}

bool field_next_item(struct slice *rest, struct slice *item)
{
	return next_part(rest, ',', item);
}

bool field_next_parameter(struct slice *rest, struct slice *parameter)
{
	return next_part(rest, ';', parameter);
}

bool field_has_item(struct slice list, struct slice token)
{
	struct slice item;

	while (field_next_item(&list, &item))
		if (slice_caseeq(item, token))
			return true;
	return false;
}

bool field_is_identity(struct slice name)
{
	static const struct slice prefix = {"x-ssl-", 6};

	if (name.n < prefix.n)
		return false;
	return slice_caseeq(slice_make(name.p, prefix.n), prefix)
	    || slice_caseeq(name, SLICE("client-cert"))
	    || slice_caseeq(name, SLICE("client-cert-chain"));
}
