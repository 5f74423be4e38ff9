/* SPDX-License-Identifier: BSD-2-Clause */
/* What origin and load must agree on: contents, framing, addresses. */
#ifndef T_WIRE_H
#define T_WIRE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WIRE_VERSION 100 /* ms of each version of what changes */
#define WIRE_CHUNK 5000 /* bytes in a chunk: no power of two, on purpose */

static inline _Noreturn void wire_fail(const char *what)
{
	perror(what);
	exit(2);
}

static inline uint64_t wire_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline uint64_t wire_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

/* n bytes from `offset` on of the endless content that belongs to seed. */
static inline void wire_content(uint64_t seed, uint64_t offset, char *to,
    size_t n)
{
	uint64_t key = wire_mix(seed + 1);
	char word[8];

	while (n > 0) {
		size_t skip = offset & 7;
		size_t part = 8 - skip < n ? 8 - skip : n;
		uint64_t w = wire_mix(key + (offset >> 3));

		memcpy(word, &w, 8);
		memcpy(to, word + skip, part);
		to += part;
		offset += part;
		n -= part;
	}
}

/* Contents that change: seed and size of a version of what has a seed and a
 * size. */
static inline void wire_version(uint64_t version, uint64_t *seed,
    uint64_t *size)
{
	*seed = wire_mix(*seed + 1) ^ wire_mix(version);
	*size += version % 61 * 7;
}

/* FNV-1a; begin with WIRE_SUM. */
#define WIRE_SUM 0xcbf29ce484222325u

static inline uint64_t wire_sum(uint64_t sum, const char *p, size_t n)
{
	for (; n > 0; n--)
		sum = (sum ^ (unsigned char)*p++) * 0x100000001b3u;
	return sum;
}

/* A body on its way out, made as it is sent. */
struct wire_source {
	uint64_t seed, size, at;
	bool chunked, ended;
};

/* The next bytes of the body with its framing, at most cap (at least 64);
 * 0 when there are no more. */
static inline size_t wire_make(struct wire_source *s, char *to, size_t cap)
{
	uint64_t left = s->size - s->at;
	size_t n, head;

	if (s->ended)
		return 0;
	if (left == 0) {
		s->ended = true;
		return s->chunked ? (size_t)sprintf(to, "0\r\n\r\n") : 0;
	}
	n = s->chunked ? cap - 32 : cap;
	if (s->chunked && n > WIRE_CHUNK)
		n = WIRE_CHUNK;
	if (n > left)
		n = (size_t)left;
	head = s->chunked ? (size_t)sprintf(to, "%zx\r\n", n) : 0;
	wire_content(s->seed, s->at, to + head, n);
	s->at += n;
	if (!s->chunked)
		return n;
	memcpy(to + head + n, "\r\n", 2);
	return head + n + 2;
}

enum wire_state { WIRE_LENGTH, WIRE_SIZE, WIRE_EXT, WIRE_CHUNK_DATA, WIRE_CR,
	WIRE_LF, WIRE_TRAILER, WIRE_END, WIRE_BAD };

/* A body on its way in. For a length: state WIRE_LENGTH, left; for chunks:
 * WIRE_SIZE. */
struct wire_sink {
	enum wire_state state;
	uint64_t left;
	unsigned line; /* bytes of this size or trailer line */
	void (*take)(void *arg, const char *p, size_t n);
	void *arg;
};

static inline int wire_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline enum wire_state wire_size(struct wire_sink *s, char c)
{
	int digit = wire_hex(c);

	if (digit >= 0 && s->line++ < 15) {
		s->left = s->left * 16 + (uint64_t)digit;
		return WIRE_SIZE;
	}
	if (s->line == 0 || digit >= 0 || (c != ';' && c != '\r'))
		return WIRE_BAD;
	s->line = 0;
	return WIRE_EXT;
}

/* One byte of framing, not of content. */
static inline enum wire_state wire_step(struct wire_sink *s, char c)
{
	switch (s->state) {
	case WIRE_SIZE:
		return wire_size(s, c);
	case WIRE_EXT:
		if (c != '\n')
			return WIRE_EXT;
		return s->left > 0 ? WIRE_CHUNK_DATA : WIRE_TRAILER;
	case WIRE_CR:
		return c == '\r' ? WIRE_LF : WIRE_BAD;
	case WIRE_LF:
		s->line = 0;
		return c == '\n' ? WIRE_SIZE : WIRE_BAD;
	case WIRE_TRAILER:
		if (c == '\n') {
			bool empty = s->line == 0;

			s->line = 0;
			return empty ? WIRE_END : WIRE_TRAILER;
		}
		s->line += c != '\r';
		return WIRE_TRAILER;
	default:
		return WIRE_BAD;
	}
}

/* Takes what belongs to the body and returns how much that was; look at
 * state afterwards: WIRE_END, WIRE_BAD, or more is needed. */
static inline size_t wire_take(struct wire_sink *s, const char *p, size_t n)
{
	size_t at = 0;

	for (;;) {
		bool inside = s->state == WIRE_LENGTH ||
		    s->state == WIRE_CHUNK_DATA;

		if (s->state == WIRE_LENGTH && s->left == 0)
			s->state = WIRE_END;
		if (s->state >= WIRE_END || at == n)
			return at;
		if (!inside) {
			s->state = wire_step(s, p[at++]);
			continue;
		}
		size_t part = s->left < n - at ? (size_t)s->left : n - at;

		s->take(s->arg, p + at, part);
		at += part;
		s->left -= part;
		if (s->left == 0 && s->state == WIRE_CHUNK_DATA)
			s->state = WIRE_CR;
	}
}

/* The value of a field in a head that ends with a NUL, or NULL. */
static inline const char *wire_field(const char *head, const char *name)
{
	size_t n = strlen(name);
	const char *p = strstr(head, "\r\n");

	for (; p != NULL; p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, n) == 0 && p[2 + n] == ':')
			return p + 3 + n + strspn(p + 3 + n, " \t");
	return NULL;
}

static inline bool wire_field_is(const char *head, const char *name,
    const char *value)
{
	const char *p = wire_field(head, name);

	return p != NULL && strncasecmp(p, value, strlen(value)) == 0;
}

/* "host:port", "[v6]:port" or "unix:/path"; ends the program if wrong. */
static inline socklen_t wire_address(const char *text,
    struct sockaddr_storage *to)
{
	struct addrinfo hint = {.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
	struct sockaddr_un *un = (struct sockaddr_un *)to;
	char host[64];
	const char *colon = strrchr(text, ':');
	socklen_t len;

	if (strncmp(text, "unix:", 5) == 0) {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", text + 5);
		return sizeof(*un);
	}
	snprintf(host, sizeof(host), "%.*s",
	    colon == NULL ? 0 : (int)(colon - text) - 2 * (text[0] == '['),
	    text + (text[0] == '['));
	if (colon == NULL || getaddrinfo(host, colon + 1, &hint, &found) != 0) {
		fprintf(stderr, "%s: not an address\n", text);
		exit(2);
	}
	len = found->ai_addrlen;
	memcpy(to, found->ai_addr, len);
	freeaddrinfo(found);
	return len;
}

#endif
