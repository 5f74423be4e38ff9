/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that no server is asked for: localhost, and the hosts file. */
#include "steward/known.h"

#define CARES_NO_DEPRECATED /* what we call is in all its versions */
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

static bool is_localhost(const char *host)
{
	static const char local[] = "localhost";
	size_t n = strlen(host), tail = sizeof local - 1;

	if (n > 0 && host[n - 1] == '.')
		n--;
	return n >= tail && strncasecmp(host + n - tail, local, tail) == 0
	    && (n == tail || host[n - tail - 1] == '.');
}

/* RFC 6761 section 6.3. */
static void find_localhost(bool v6, struct found *to)
{
	memset(to, 0, sizeof *to);
	if (!v6) {
		to->at.in.sin_family = AF_INET;
		to->at.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		to->at.len = sizeof to->at.in;
	} else {
		to->at.in6.sin6_family = AF_INET6;
		to->at.in6.sin6_addr = in6addr_loopback;
		to->at.len = sizeof to->at.in6;
	}
}

/* False if the hosts file does not have the name. */
static bool find_in_file(ares_channel channel, const char *host, int family,
    struct found *to, unsigned *n)
{
	struct hostent *h;
	struct found one;

	*n = 0;
	if (ares_gethostbyname_file(channel, host, family, &h)
	    != ARES_SUCCESS)
		return false;
	for (char **p = h->h_addr_list; h->h_addrtype == family && *p
	    && *n < FOUND_MOST; p++) {
		memset(&one, 0, sizeof one);
		one.at.sa.sa_family = (sa_family_t)family;
		if (family == AF_INET) {
			memcpy(&one.at.in.sin_addr, *p, 4);
			one.at.len = sizeof one.at.in;
		} else {
			memcpy(&one.at.in6.sin6_addr, *p, 16);
			one.at.len = sizeof one.at.in6;
		}
		if (member_may_be(&one.at))
			to[(*n)++] = one;
	}
	ares_free_hostent(h);
	return true;
}

bool known_find(void *channel, const char *host, bool v6, struct found *to,
    unsigned *n)
{
	int family = v6 ? AF_INET6 : AF_INET;
	unsigned others;

	if (channel && find_in_file(channel, host, family, to, n))
		return true;
	*n = 0;
	if (channel && find_in_file(channel, host, v6 ? AF_INET : AF_INET6,
	    to, &others))
		return true;
	if (!is_localhost(host))
		return false;
	find_localhost(v6, to);
	*n = 1;
	return true;
}
