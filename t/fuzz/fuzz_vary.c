/* SPDX-License-Identifier: BSD-2-Clause */
/* Vary: values in their one form stay as they are. */
/* links: http base */
#include <stdio.h>

#include "base/log.h"
#include "http/token.h"
#include "http/vary.h"

#define TEXT_MAX 4096
#define ROOM 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct head_limits limits = {ROOM, 100};

/* What a client has no right to is not there. */
static bool is_there(const struct head *h, struct slice name)
{
	for (unsigned i = 0; i < h->nfields; i++)
		if (slice_caseeq(h->fields[i].name, name) &&
		    !(h->fields[i].flags & (FIELD_FORGED | FIELD_DROP |
		    FIELD_UNDERSCORE)))
			return true;
	return false;
}

static size_t put(const struct head *h, struct slice name, char *to,
    bool *has)
{
	struct buf b;

	buf_init(&b, to, 2 * TEXT_MAX);
	vary_put(&b, h, name, has);
	MUST(!b.full);
	MUST(*has == is_there(h, name));
	return buf_length(&b);
}

static void check_again(struct slice name, struct slice value)
{
	static char text[3 * TEXT_MAX], to[2 * TEXT_MAX];
	struct field field[1];
	struct head h;
	size_t n;
	bool has;

	n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n"
	    "%.*s:%.*s\r\n\r\n", SLICE_FMT(name), SLICE_FMT(value));
	head_init(&h, field, 1);
	MUST(!head_parse_request(&h, text, n, &limits));
	n = put(&h, name, to, &has);
	MUST(has && slice_eq(slice_make(to, n), value));
}

static void check_request(const char *bytes, size_t n)
{
	static char text[TEXT_MAX + 64], to[2 * TEXT_MAX];
	struct field fields[ROOM];
	struct head h;
	unsigned i;
	bool has;

	memcpy(text, "GET / HTTP/1.1\r\n", 16);
	memcpy(text + 16, bytes, n);
	memcpy(text + 16 + n, "\r\n\r\n", 4);
	head_init(&h, fields, ROOM);
	if (head_parse_request(&h, text, n + 20, &limits))
		return;
	for (i = 0; i < h.nfields; i++) {
		n = put(&h, fields[i].name, to, &has);
		if (has)
			check_again(fields[i].name, slice_make(to, n));
	}
}

static void check_response(const char *bytes, size_t n)
{
	static char text[TEXT_MAX + 64];
	struct slice names[VARY_MOST];
	struct field fields[ROOM];
	struct head h;
	unsigned count, i, j;

	memcpy(text, "HTTP/1.1 200\r\nVary: ", 20);
	memcpy(text + 20, bytes, n);
	memcpy(text + 20 + n, "\r\n\r\n", 4);
	head_init(&h, fields, ROOM);
	if (head_parse_response(&h, text, n + 24, &limits) ||
	    !vary_names(&h, names, &count))
		return;
	MUST(count <= VARY_MOST);
	for (i = 0; i < count; i++) {
		MUST(token_is(names[i]) && !slice_eq(names[i], SLICE("*")));
		for (j = 0; j < i; j++)
			MUST(!slice_caseeq(names[i], names[j]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n == 0 || n > TEXT_MAX)
		return 0;
	check_request((const char *)bytes, n);
	check_response((const char *)bytes, n);
	return 0;
}
