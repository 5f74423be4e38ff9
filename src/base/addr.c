/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and networks: IPv4, IPv6 and unix sockets, from and to text. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>

/* network.bits of "unix:", a length that no IP network has. */
#define BITS_UNIX UINT_MAX

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const struct in6_addr *in6)
{
	return memcmp(in6->s6_addr, mapped, sizeof mapped) == 0;
}

static void set_v4(struct addr *a, const void *four)
{
	memset(a, 0, sizeof *a);
	a->in.sin_family = AF_INET;
	memcpy(&a->in.sin_addr, four, 4);
	a->len = sizeof a->in;
}

static void set_v6(struct addr *a, const struct in6_addr *in6)
{
	memset(a, 0, sizeof *a);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_addr = *in6;
	a->len = sizeof a->in6;
}

static bool parse_v4(struct slice text, struct addr *out)
{
	char s[INET_ADDRSTRLEN];
	struct in_addr in;

	if (text.n == 0 || text.n >= sizeof s || memchr(text.p, 0, text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (inet_pton(AF_INET, s, &in) != 1)
		return false;
	set_v4(out, &in);
	return true;
}

/* A v4-mapped address is IPv4: one peer, one spelling. */
static bool parse_v6(struct slice text, struct addr *out)
{
	char s[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	if (text.n == 0 || text.n >= sizeof s || memchr(text.p, 0, text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (inet_pton(AF_INET6, s, &in6) != 1)
		return false;
	if (is_mapped(&in6))
		set_v4(out, in6.s6_addr + 12);
	else
		set_v6(out, &in6);
	return true;
}

bool addr_parse_ip(struct slice text, struct addr *out)
{
	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		return parse_v6(slice_make(text.p + 1, text.n - 2), out);
	return parse_v4(text, out) || parse_v6(text, out);
}

static const char *parse_unix(struct slice path, struct addr *out)
{
	if (path.n == 0 || path.p[0] != '/')
		return "has no absolute path after \"unix:\"";
	if (path.n >= sizeof out->un.sun_path)
		return "has a path of more than 107 bytes";
	if (memchr(path.p, 0, path.n))
		return "has a NUL byte in its path";
	memset(out, 0, sizeof *out);
	out->un.sun_family = AF_UNIX;
	memcpy(out->un.sun_path, path.p, path.n);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path)
	    + path.n + 1);
	return NULL;
}

static bool set_port(struct addr *a, struct slice digits)
{
	uint64_t port;

	if (!slice_u64(digits, &port) || port == 0 || port > 65535)
		return false;
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons((uint16_t)port);
	else
		a->in6.sin6_port = htons((uint16_t)port);
	return true;
}

static const char *parse_bracketed(struct slice text, struct slice *port,
    struct addr *out)
{
	const char *close = memchr(text.p, ']', text.n);

	if (close == NULL)
		return "has no \"]\"";
	size_t n = (size_t)(close - text.p) - 1;
	if (!parse_v6(slice_make(text.p + 1, n), out))
		return "has no IPv6 address between \"[\" and \"]\"";
	*port = slice_make(close + 1, text.n - n - 2);
	if (port->n == 0)
		return NULL;
	if (port->p[0] != ':')
		return "has something other than a port after \"]\"";
	port->p++;
	port->n--;
	return port->n ? NULL : "has no port after \":\"";
}

static bool is_host_name(struct slice s)
{
	bool letter = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);
		if (c >= 'a' && c <= 'z')
			letter = true;
		else if (!(c >= '0' && c <= '9') && c != '.' && c != '-'
		    && c != '_')
			return false;
	}
	return letter;
}

static const char *parse_plain(struct slice text, struct slice *port,
    struct addr *out)
{
	struct slice rest = text;
	struct slice host = slice_cut(&rest, ':');

	if (slice_eq(host, SLICE("*")))
		set_v6(out, &in6addr_any);
	else if (parse_v6(text, out))
		return "is an IPv6 address without its brackets; "
		       "write \"[::1]\" or \"[::1]:80\"";
	else if (!parse_v4(host, out))
		return is_host_name(host)
		    ? "is a host name; write an address, as \"127.0.0.1:80\""
		    : "is no address; write \"127.0.0.1:80\", \"[::1]:80\", "
		      "\"*:80\" or \"unix:/path\"";
	if (rest.p && rest.n == 0)
		return "has no port after \":\"";
	*port = rest;
	return NULL;
}

const char *addr_parse(struct slice text, uint16_t default_port,
    struct addr *out)
{
	struct slice port = {NULL, 0};
	const char *wrong;

	if (text.n == 0)
		return "is empty; write \"127.0.0.1:80\", \"[::1]:80\", "
		       "\"*:80\" or \"unix:/path\"";
	if (slice_starts(text, SLICE("unix:")))
		return parse_unix(slice_make(text.p + 5, text.n - 5), out);
	wrong = text.p[0] == '[' ? parse_bracketed(text, &port, out)
	    : parse_plain(text, &port, out);
	if (wrong)
		return wrong;
	if (port.n && !set_port(out, port))
		return "has a port that is not 1 to 65535";
	if (port.n == 0 && out->sa.sa_family == AF_INET)
		out->in.sin_port = htons(default_port);
	else if (port.n == 0)
		out->in6.sin6_port = htons(default_port);
	return NULL;
}

/* inet_ntop prints by way of sprintf; this stands on each log line. */
static size_t format_v4(const uint8_t *b, char *to)
{
	char *p = to;

	for (int i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*p++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*p++ = (char)('0' + b[i] / 10 % 10);
		*p++ = (char)('0' + b[i] % 10);
		*p++ = '.';
	}
	*--p = '\0';
	return (size_t)(p - to);
}

size_t addr_format_ip(const struct addr *a, char *to)
{
	if (a->len && a->sa.sa_family == AF_INET)
		return format_v4((const uint8_t *)&a->in.sin_addr, to);
	if (a->len && a->sa.sa_family == AF_INET6) {
		if (is_mapped(&a->in6.sin6_addr))
			return format_v4(a->in6.sin6_addr.s6_addr + 12, to);
		inet_ntop(AF_INET6, &a->in6.sin6_addr, to, ADDR_TEXT);
		return strlen(to);
	}
	memcpy(to, "unix:", 6);
	return 5;
}

/* A peer that did not bind has a family and no path, and no NUL either. */
static size_t format_unix(const struct addr *a, char *to)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);
	size_t n = a->len > head ? a->len - head : 0;

	if (n > sizeof a->un.sun_path)
		n = sizeof a->un.sun_path;
	n = strnlen(a->un.sun_path, n);
	memcpy(to, "unix:", 5);
	memcpy(to + 5, a->un.sun_path, n);
	to[5 + n] = '\0';
	return 5 + n;
}

size_t addr_format(const struct addr *a, char *to)
{
	char ip[ADDR_TEXT];

	if (a->len == 0 || a->sa.sa_family == AF_UNIX)
		return format_unix(a, to);
	addr_format_ip(a, ip);
	return (size_t)snprintf(to, ADDR_TEXT,
	    strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, addr_port(a));
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	if (a->len == 0 || b->len == 0)
		return a->len == b->len;
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_port == b->in.sin_port
		    && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	if (a->sa.sa_family == AF_INET6)
		return a->in6.sin6_port == b->in6.sin6_port
		    && a->in6.sin6_scope_id == b->in6.sin6_scope_id
		    && memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0;
	return a->len == b->len && memcmp(&a->un, &b->un, a->len) == 0;
}

uint16_t addr_port(const struct addr *a)
{
	if (a->len && a->sa.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	if (a->len && a->sa.sa_family == AF_INET6)
		return ntohs(a->in6.sin6_port);
	return 0;
}

/* The address as 16 bytes; false for a unix socket. */
static bool flatten(const struct addr *a, uint8_t to[16])
{
	if (a->len && a->sa.sa_family == AF_INET) {
		memcpy(to, mapped, sizeof mapped);
		memcpy(to + 12, &a->in.sin_addr, 4);
		return true;
	}
	if (a->len && a->sa.sa_family == AF_INET6) {
		memcpy(to, a->in6.sin6_addr.s6_addr, 16);
		return true;
	}
	return false;
}

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, left = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return left == 0 || ((a[whole] ^ b[whole]) >> (8 - left)) == 0;
}

static bool has_bits_after(const uint8_t *b, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if (b[i / 8] & (0x80 >> i % 8))
			return true;
	return false;
}

const char *network_parse(struct slice text, struct network *out)
{
	struct slice rest = text;
	struct slice ip = slice_cut(&rest, '/');
	uint64_t bits = 0;
	struct addr a;

	memset(out, 0, sizeof *out);
	if (slice_eq(text, SLICE("unix:"))) {
		out->bits = BITS_UNIX;
		return NULL;
	}
	if (!addr_parse_ip(ip, &a))
		return "is no network; write \"10.0.0.0/8\", \"::1\" or "
		       "\"unix:\"";
	/* By the spelling: "::ffff:10.0.0.0/104" counts all 128 bits. */
	bool v6 = memchr(ip.p, ':', ip.n) != NULL;
	if (rest.p == NULL)
		bits = v6 ? 128 : 32;
	else if (!slice_u64(rest, &bits) || bits > (v6 ? 128 : 32))
		return v6 ? "has a prefix that is not /0 to /128"
		    : "has a prefix that is not /0 to /32";
	flatten(&a, out->bytes);
	out->bits = (unsigned)bits + (v6 ? 0 : 96);
	return has_bits_after(out->bytes, out->bits)
	    ? "has bits set to the right of its prefix" : NULL;
}

bool network_has(const struct network *net, const struct addr *a)
{
	uint8_t b[16];

	if (!flatten(a, b))
		return net->bits == BITS_UNIX && a->sa.sa_family == AF_UNIX;
	if (net->bits > 128)
		return false;
	/* "::/0" is all of IPv6 and nothing of IPv4. */
	if (net->bits < 96 && memcmp(b, mapped, sizeof mapped) == 0)
		return false;
	return same_prefix(net->bytes, b, net->bits);
}
