/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a backend is when it is given by name: to be looked up. */
#ifndef CONF_LOOKUP_H
#define CONF_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct lookup {
	struct slice name; /* of the text */
	uint16_t port;     /* 0: SRV records say it */
	bool srv;
};

/* Enough for a lookup in text, with its NUL. */
#define LOOKUP_TEXT 264

/* Whether the text is meant to be a name, and not an address. */
bool lookup_is(struct slice text);

/* "app.internal", "app.internal:8080" or "srv:_http._tcp.app.internal", in
 * lower case; the port where none is given. NULL or what is wrong (a
 * constant). */
const char *lookup_parse(struct slice text, uint16_t port,
    struct lookup *out);

/* With the port, also 80. Returns the length. */
size_t lookup_format(const struct lookup *from, char to[LOOKUP_TEXT]);

/* What it is called in a Host field: without the labels of a service. */
struct slice lookup_host(const struct lookup *from);

#endif
