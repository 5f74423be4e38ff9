/* SPDX-License-Identifier: BSD-2-Clause */
/* Request methods and what RFC 9110 9.2 promises of them. */
#ifndef HTTP_METHOD_H
#define HTTP_METHOD_H

#include <stdbool.h>

#include "base/slice.h"

enum method {
	METHOD_OTHER, /* a token that has no name here */
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_PATCH,
	METHOD_TRACE,
	METHOD_CONNECT,
	METHOD_PURGE,
	METHOD_COUNT
};

/* Case-sensitive, as methods are. */
enum method method_find(struct slice name);

/* "GET"; an empty slice for METHOD_OTHER. */
struct slice method_name(enum method m);

/* METHOD_OTHER is neither. */
bool method_is_safe(enum method m);
bool method_is_idempotent(enum method m);

#endif
