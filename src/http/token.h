/* SPDX-License-Identifier: BSD-2-Clause */
/* Character classes of RFC 9110 5.6.2 and 5.5, and of request targets. */
#ifndef HTTP_TOKEN_H
#define HTTP_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Bits of token_class. */
#define TOKEN_TCHAR 0x01u      /* token (RFC 9110, 5.6.2) */
#define TOKEN_UNDERSCORE 0x02u /* '_', a tchar that CGI confuses with '-' */
#define TOKEN_VALUE 0x04u      /* VCHAR, obs-text, SP, HTAB */
#define TOKEN_TARGET 0x08u     /* may stand in a request target: VCHAR - '#' */
#define TOKEN_HOST 0x10u       /* may stand in a host name: [A-Za-z0-9._~-] */
#define TOKEN_HEX 0x20u
#define TOKEN_DIGIT 0x40u

extern const uint8_t token_class[256];

static inline bool token_has(char c, unsigned bits)
{
	return (token_class[(uint8_t)c] & bits) != 0;
}

/* The value of a hex digit; only for bytes with TOKEN_HEX. */
static inline unsigned token_hex(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : ((unsigned)c & 0x0f) + 9;
}

/* True if a percent-encoding begins at p (RFC 3986, 2.1), and its byte. */
static inline bool token_is_encoding(const char *p, const char *end)
{
	return end - p >= 3 && p[0] == '%' && token_has(p[1], TOKEN_HEX) &&
	    token_has(p[2], TOKEN_HEX);
}

static inline unsigned token_encoded(const char *p)
{
	return token_hex(p[1]) << 4 | token_hex(p[2]);
}

/* At least one byte, and every byte has one of bits. */
bool token_all(struct slice s, unsigned bits);

/* A token: at least one byte, only tchars. */
bool token_is(struct slice s);

/* The first byte in [p, end) that is no TOKEN_VALUE; end if there is none. */
const char *token_skip_value(const char *p, const char *end);

#endif
