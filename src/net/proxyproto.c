/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes headers of the PROXY protocol. */
#include "net/proxyproto.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

#define V1_MOST 107 /* with its CRLF */
#define V2_HEAD 16
#define V2_CRC 3    /* type of the TLV that has a CRC32C */

static const char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* What the first bytes of both versions agree with: n of them are the same. */
static bool begins(const char *p, size_t n, const char *with, size_t nwith)
{
	return memcmp(p, with, n < nwith ? n : nwith) == 0;
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static void set_ip(struct addr *a, int family, const void *ip, uint16_t port)
{

	memset(a, 0, sizeof *a);
	if (family == AF_INET6 && memcmp(ip, mapped, sizeof mapped) == 0) {
		family = AF_INET;
		ip = (const uint8_t *)ip + sizeof mapped;
	}
	if (family == AF_INET) {
		a->in.sin_family = AF_INET;
		memcpy(&a->in.sin_addr, ip, 4);
		a->in.sin_port = htons(port);
		a->len = sizeof a->in;
	} else {
		a->in6.sin6_family = AF_INET6;
		memcpy(&a->in6.sin6_addr, ip, 16);
		a->in6.sin6_port = htons(port);
		a->len = sizeof a->in6;
	}
}

/* ---- Version 1: a line of text. */

static bool read_ip(struct slice text, int family, uint8_t *ip)
{
	char s[INET6_ADDRSTRLEN];

	if (text.n == 0 || text.n >= sizeof s || memchr(text.p, 0, text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	return inet_pton(family, s, ip) == 1;
}

static bool read_port(struct slice text, uint16_t *port)
{
	uint64_t n;

	if (text.n > 5 || (text.n > 1 && text.p[0] == '0') ||
	    !slice_u64(text, &n) || n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

/* What stands behind the name of the family: "from to port port". */
static bool read_addresses(struct slice rest, int family,
    struct proxyproto *header)
{
	struct slice from = slice_cut(&rest, ' '), to = slice_cut(&rest, ' ');
	struct slice port = slice_cut(&rest, ' ');
	uint16_t from_port, to_port;
	uint8_t from_ip[16], to_ip[16];

	if (rest.p == NULL || !read_ip(from, family, from_ip) ||
	    !read_ip(to, family, to_ip) || !read_port(port, &from_port) ||
	    !read_port(rest, &to_port))
		return false;
	set_ip(&header->from, family, from_ip, from_port);
	set_ip(&header->to, family, to_ip, to_port);
	return true;
}

static bool read_line(struct slice line, struct proxyproto *header)
{
	struct slice family;

	slice_cut(&line, ' ');
	family = slice_cut(&line, ' ');
	if (slice_eq(family, SLICE("UNKNOWN"))) {
		header->local = true; /* and what follows is of no account */
		return true;
	}
	if (line.p == NULL)
		return false;
	if (slice_eq(family, SLICE("TCP4")))
		return read_addresses(line, AF_INET, header);
	return slice_eq(family, SLICE("TCP6")) &&
	    read_addresses(line, AF_INET6, header);
}

static bool may_be_family(const char *p, size_t n)
{
	return begins(p, n, "TCP4 ", 5) || begins(p, n, "TCP6 ", 5) ||
	    begins(p, n, "UNKNOWN ", 8) || begins(p, n, "UNKNOWN\r", 8);
}

static enum proxyproto_result read_v1(const char *p, size_t n,
    struct proxyproto *header, size_t *length)
{
	size_t most = n < V1_MOST ? n : V1_MOST;
	const char *end = memchr(p, '\n', most);
	const char *cr = memchr(p, '\r', end ? (size_t)(end - p) : most);

	if (!may_be_family(p + 6, n - 6))
		return PROXYPROTO_BAD;
	/* A CR has its LF behind it, and neither is anywhere else. */
	if (end == NULL) {
		bool may_follow = cr == NULL || cr == p + n - 1;

		return n < V1_MOST && may_follow ? PROXYPROTO_MORE :
		    PROXYPROTO_BAD;
	}
	if (cr == NULL || cr + 1 != end ||
	    !read_line(slice_make(p, (size_t)(cr - p)), header))
		return PROXYPROTO_BAD;
	*length = (size_t)(end - p) + 1;
	return PROXYPROTO_FINE;
}

/* ---- Version 2: in binary. */

static size_t get_u16(const char *p)
{
	return (size_t)(uint8_t)p[0] << 8 | (uint8_t)p[1];
}

/* CRC32C of the header, with zeros where the CRC itself stands, which is at
 * `at`. Headers are short and there is one in a connection: bit by bit. */
static uint32_t crc32c(const char *p, size_t n, size_t at)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= i >= at && i < at + 4 ? 0 : (uint8_t)p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* The TLVs, which fill the header from `at` to its end, n. */
static bool read_tlvs(const char *p, size_t at, size_t n)
{
	size_t bytes, crc = 0;

	while (at < n) {
		if (n - at < 3)
			return false;
		bytes = get_u16(p + at + 1);
		if (bytes > n - at - 3)
			return false;
		if (p[at] == V2_CRC) {
			if (bytes != 4 || crc != 0)
				return false;
			crc = at + 3;
		}
		at += 3 + bytes;
	}
	return crc == 0 || crc32c(p, n, crc) == ((uint32_t)
	    get_u16(p + crc) << 16 | (uint32_t)get_u16(p + crc + 2));
}

/* Bytes of both addresses, by the family in the upper half of byte 13. */
static const uint8_t v2_bytes[] = {0, 12, 36, 216};

static void read_v2_addresses(const char *p, struct proxyproto *header)
{
	size_t ip = (uint8_t)p[13] >> 4 == 1 ? 4 : 16;
	int family = ip == 4 ? AF_INET : AF_INET6;
	const char *at = p + V2_HEAD;

	set_ip(&header->from, family, at, (uint16_t)get_u16(at + 2 * ip));
	set_ip(&header->to, family, at + ip,
	    (uint16_t)get_u16(at + 2 * ip + 2));
}

static enum proxyproto_result read_v2(const char *p, size_t n,
    struct proxyproto *header, size_t *length)
{
	unsigned family, transport, command;
	size_t whole;

	if (n > 12 && (p[12] & 0xfe) != 0x20)
		return PROXYPROTO_BAD;
	if (n > 13 && ((p[13] & 0xf0) > 0x30 || (p[13] & 0x0f) > 2))
		return PROXYPROTO_BAD;
	if (n < V2_HEAD)
		return PROXYPROTO_MORE;
	command = p[12] & 0xf;
	family = (uint8_t)p[13] >> 4;
	transport = p[13] & 0xf;
	whole = V2_HEAD + get_u16(p + 14);
	/* Where the family is left open nothing is said of what follows. */
	bool known = command == 1 && family > 0 && transport > 0;
	if (whole > PROXYPROTO_MOST ||
	    (known && whole < V2_HEAD + (size_t)v2_bytes[family]))
		return PROXYPROTO_BAD;
	if (n < whole)
		return PROXYPROTO_MORE;
	if (known && !read_tlvs(p, V2_HEAD + (size_t)v2_bytes[family], whole))
		return PROXYPROTO_BAD;
	header->local = command == 0;
	if (known && family < 3 && transport == 1)
		read_v2_addresses(p, header);
	*length = whole;
	return PROXYPROTO_FINE;
}

enum proxyproto_result proxyproto_read(const char *p, size_t n,
    struct proxyproto *header, size_t *length)
{
	memset(header, 0, sizeof *header);
	if (n == 0)
		return PROXYPROTO_MORE;
	if (begins(p, n, v2_signature, sizeof v2_signature))
		return n < sizeof v2_signature ? PROXYPROTO_MORE :
		    read_v2(p, n, header, length);
	if (begins(p, n, "PROXY ", 6))
		return n < 6 ? PROXYPROTO_MORE :
		    read_v1(p, n, header, length);
	return PROXYPROTO_BAD;
}

/* ---- Writing. */

static const void *ip_of(const struct addr *a)
{
	return a->sa.sa_family == AF_INET ? (const void *)&a->in.sin_addr :
	    &a->in6.sin6_addr;
}

static bool is_ip(const struct addr *a)
{
	return a != NULL && a->len > 0 && (a->sa.sa_family == AF_INET ||
	    a->sa.sa_family == AF_INET6);
}

static size_t put_v1(const struct addr *from, const struct addr *to,
    char *room)
{
	char one[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN];
	int family = from->sa.sa_family;

	inet_ntop(family, ip_of(from), one, sizeof one);
	inet_ntop(family, ip_of(to), other, sizeof other);
	return (size_t)snprintf(room, PROXYPROTO_ROOM, "PROXY TCP%c %s %s "
	    "%u %u\r\n", family == AF_INET ? '4' : '6', one, other,
	    (unsigned)addr_port(from), (unsigned)addr_port(to));
}

static char *put(char *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

static size_t put_v2(const struct addr *from, const struct addr *to,
    char *room)
{
	bool four = from->sa.sa_family == AF_INET;
	size_t ip = four ? 4 : 16;
	uint16_t ports[2] = {htons(addr_port(from)), htons(addr_port(to))};
	uint8_t head[4] = {0x21, four ? 0x11 : 0x21, 0, (uint8_t)(2 * ip + 4)};
	char *p = put(room, v2_signature, sizeof v2_signature);

	p = put(p, head, sizeof head);
	p = put(p, ip_of(from), ip);
	p = put(p, ip_of(to), ip);
	return (size_t)(put(p, ports, sizeof ports) - room);
}

/* An address of IPv4 that came in IPv6 is written as what it is. */
static struct addr plain(const struct addr *a)
{
	struct addr out = {.len = 0};

	if (is_ip(a))
		set_ip(&out, a->sa.sa_family, ip_of(a), addr_port(a));
	return out;
}

/* A header has addresses of one family. */
static void map(struct addr *four)
{
	struct sockaddr_in in = four->in;

	memset(four, 0, sizeof *four);
	four->in6.sin6_family = AF_INET6;
	four->in6.sin6_port = in.sin_port;
	memcpy(four->in6.sin6_addr.s6_addr, mapped, sizeof mapped);
	memcpy(four->in6.sin6_addr.s6_addr + sizeof mapped, &in.sin_addr, 4);
	four->len = sizeof four->in6;
}

size_t proxyproto_put(unsigned version, const struct addr *from,
    const struct addr *to, char *room)
{
	static const char local[4] = {0x20, 0, 0, 0};
	struct addr a = plain(from), b = plain(to);

	if (a.len > 0 && b.len > 0 && a.len != b.len)
		map(a.len < b.len ? &a : &b);
	if (a.len > 0 && a.len == b.len)
		return version == 1 ? put_v1(&a, &b, room) :
		    put_v2(&a, &b, room);
	if (version == 1)
		return (size_t)(put(room, "PROXY UNKNOWN\r\n", 15) - room);
	return (size_t)(put(put(room, v2_signature, sizeof v2_signature),
	    local, sizeof local) - room);
}
