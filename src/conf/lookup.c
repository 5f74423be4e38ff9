/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a backend is when it is given by name: to be looked up. */
#include "conf/lookup.h"

#include <stdio.h>

#include "base/addr.h"
#include "conf/hosts.h"

#define SRV SLICE("srv:")

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool has_letter(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_letter(ascii_lower(s.p[i])))
			return true;
	return false;
}

bool lookup_is(struct slice text)
{
	struct slice rest = text;
	struct addr a;

	if (slice_starts(text, SRV))
		return true;
	if (slice_starts(text, SLICE("unix:")) || addr_parse_ip(text, &a))
		return false;
	if (text.n && is_letter(ascii_lower(text.p[0])))
		return true;
	struct slice host = slice_cut(&rest, ':');
	for (size_t i = 0; i < host.n; i++)
		if (!is_letter(ascii_lower(host.p[i]))
		    && !strchr("0123456789.-_", host.p[i]))
			return false;
	return has_letter(host);
}

/* One that ends in a number would be an address that is written wrong. */
static bool is_name(struct slice name)
{
	const char *dot;

	if (name.n == 0 || strchr("*[", name.p[0]) || hosts_check(name))
		return false;
	dot = memrchr(name.p, '.', name.n);
	return has_letter(dot
	    ? slice_make(dot, (size_t)(name.p + name.n - dot)) : name);
}

const char *lookup_parse(struct slice text, uint16_t usual,
    struct lookup *out)
{
	struct slice rest = text;
	uint64_t port = usual;

	out->srv = slice_starts(text, SRV);
	if (out->srv)
		rest = slice_make(text.p + SRV.n, text.n - SRV.n);
	out->name = slice_cut(&rest, ':');
	if (out->srv && rest.p)
		return "has a port; the SRV records say it";
	if (!is_name(out->name))
		return "is no host name; one has labels of 1 to 63 letters, "
		       "digits, \"-\" and \"_\", 253 bytes in all";
	if (rest.p && (!slice_u64(rest, &port) || port == 0 || port > 65535))
		return "has a port that is not 1 to 65535";
	out->port = out->srv ? 0 : (uint16_t)port;
	return NULL;
}

size_t lookup_format(const struct lookup *from, char to[LOOKUP_TEXT])
{
	int n = from->srv
	    ? snprintf(to, LOOKUP_TEXT, "srv:%.*s", SLICE_FMT(from->name))
	    : snprintf(to, LOOKUP_TEXT, "%.*s:%u", SLICE_FMT(from->name),
	    from->port);

	return n < 0 ? 0 : n < LOOKUP_TEXT ? (size_t)n : LOOKUP_TEXT - 1;
}

struct slice lookup_host(const struct lookup *from)
{
	struct slice rest = from->name;

	while (from->srv && rest.n && rest.p[0] == '_')
		slice_cut(&rest, '.');
	return rest.n ? rest : from->name;
}
