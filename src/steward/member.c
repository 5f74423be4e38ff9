/* SPDX-License-Identifier: BSD-2-Clause */
/* Members: which backend of a name has which of its addresses. */
#include "steward/member.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "shm/board.h"
#include "shm/seats.h"

#define WEIGHT_MOST 256u

static void unmap(struct addr *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = a->in6.sin6_port};

	memcpy(&in.sin_addr, a->in6.sin6_addr.s6_addr + 12, 4);
	memset(a, 0, sizeof *a);
	a->in = in;
	a->len = sizeof a->in;
}

bool member_may_be(struct addr *a)
{
	const struct in6_addr *six = &a->in6.sin6_addr;

	if (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six))
		unmap(a);
	if (a->sa.sa_family == AF_INET) {
		uint32_t four = ntohl(a->in.sin_addr.s_addr);
		return four >> 24 != 0 && four >> 28 != 0xe
		    && four != UINT32_MAX;
	}
	return a->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(six)
	    && !IN6_IS_ADDR_MULTICAST(six) && !IN6_IS_ADDR_LINKLOCAL(six);
}

static int compare_addresses(const struct addr *a, const struct addr *b)
{
	int order;

	if (a->sa.sa_family != b->sa.sa_family)
		return a->sa.sa_family == AF_INET ? -1 : 1;
	order = a->sa.sa_family == AF_INET
	    ? memcmp(&a->in.sin_addr, &b->in.sin_addr, 4)
	    : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16);
	return order ? order : (int)addr_port(a) - (int)addr_port(b);
}

static int by_address(const void *one, const void *other)
{
	const struct found *a = one, *b = other;
	int order = compare_addresses(&a->at, &b->at);

	return order ? order : (int)a->priority - (int)b->priority;
}

static int by_priority(const void *one, const void *other)
{
	const struct found *a = one, *b = other;
	int order = (int)a->priority - (int)b->priority;

	return order ? order : compare_addresses(&a->at, &b->at);
}

unsigned member_sort(struct found *at, unsigned n)
{
	unsigned left = 0;

	qsort(at, n, sizeof *at, by_address);
	for (unsigned i = 0; i < n; i++)
		if (left == 0 || !addr_eq(&at[left - 1].at, &at[i].at))
			at[left++] = at[i];
	qsort(at, left, sizeof *at, by_priority);
	return left;
}

static int find(const struct found *at, unsigned n, const struct addr *a)
{
	for (unsigned i = 0; a->len && i < n; i++)
		if (addr_eq(&at[i].at, a))
			return (int)i;
	return -1;
}

static int free_member(const int *to, const bool *busy, unsigned members)
{
	int any = -1;

	for (unsigned i = members; i-- > 0;)
		if (to[i] < 0 && (!busy[i] || any < 0 || busy[any]))
			any = (int)i;
	return any;
}

unsigned member_deal(const struct found *at, unsigned n,
    const struct addr *before, const bool *busy, unsigned members, int *to)
{
	bool dealt[FOUND_MOST + MEMBERS_MOST] = {false};
	unsigned left = 0;

	for (unsigned i = 0; i < members; i++) {
		to[i] = find(at, n, &before[i]);
		if (to[i] >= 0 && dealt[to[i]])
			to[i] = -1; /* of two with one address the first */
		if (to[i] >= 0)
			dealt[to[i]] = true;
	}
	for (unsigned i = 0; i < n; i++) {
		if (dealt[i])
			continue;
		int m = free_member(to, busy, members);
		if (m >= 0)
			to[m] = (int)i;
		else
			left++;
	}
	return left;
}

static void set_port(struct addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(port);
	else
		a->in6.sin6_port = htons(port);
}

/* What is to be written: with the port, and what the answer left open. */
static unsigned complete(const struct conf_backend *first,
    const struct addr *before, struct open open, const struct found *at,
    unsigned n, struct found *to)
{
	memcpy(to, at, n * sizeof *to);
	for (unsigned i = 0; i < n && !first->srv; i++)
		set_port(&to[i].at, first->port);
	for (unsigned i = 0; i < first->members; i++) {
		bool v4 = before[i].sa.sa_family == AF_INET;
		if (before[i].len && (v4 ? open.v4 : open.v6)
		    && find(to, n, &before[i]) < 0)
			to[n++].at = before[i];
	}
	return n;
}

/* 1 to 256, the largest being 256: nobody is told to wait for ever. */
static uint32_t scale(uint16_t weight, uint16_t largest)
{
	uint32_t scaled = largest ? weight * WEIGHT_MOST / largest : 0;

	return scaled ? scaled : 1;
}

static uint16_t largest_weight(const struct found *at, unsigned n)
{
	uint16_t most = 0;

	for (unsigned i = 0; i < n; i++)
		if (at[i].weight > most)
			most = at[i].weight;
	return most;
}

/* A server that nobody has tried yet. */
static void start_anew(const struct conf_backend *b, const struct addr *a)
{
	struct board_row *row = board_of(b);
	char text[ADDR_TEXT], why[BOARD_WHY];

	board_set_address(b, NULL);
	atomic_store(&row->failures, 0);
	atomic_store(&row->ejections, 0);
	atomic_store(&row->ejected_until, 0);
	atomic_store(&row->latency, 0);
	addr_format(a, text);
	snprintf(why, sizeof why, "its name has the address %.64s", text);
	board_set_health(b, HEALTH_UNKNOWN, why);
	board_set_address(b, a);
}

static bool move(const struct conf_backend *b, const struct addr *before,
    const struct found *to)
{
	if (to == NULL && before->len == 0)
		return false;
	if (to == NULL) {
		board_say_why(b, "its name has lost this address");
		board_set_address(b, NULL);
		return true;
	}
	if (addr_eq(before, &to->at))
		return false;
	start_anew(b, &to->at);
	return true;
}

static bool set_srv(const struct conf_backend *b, uint32_t weight,
    uint32_t priority)
{
	struct board_row *row = board_of(b);

	if (atomic_load(&row->srv_weight) == weight
	    && atomic_load(&row->srv_priority) == priority)
		return false;
	atomic_store(&row->srv_weight, weight);
	atomic_store(&row->srv_priority, priority);
	return true;
}

static void read_board(const struct conf_backend *first, struct addr *at,
    bool *busy)
{
	for (unsigned i = 0; i < first->members; i++) {
		if (!board_address(first + i, &at[i]))
			at[i].len = 0;
		busy[i] = seat_inflight(first[i].index) > 0;
	}
}

unsigned member_follow(const struct conf_backend *first,
    const struct found *at, unsigned n, struct open open, bool *changed)
{
	static struct found all[FOUND_MOST + MEMBERS_MOST];
	struct addr before[MEMBERS_MOST] = {0};
	bool busy[MEMBERS_MOST];
	int to[MEMBERS_MOST];

	MUST(n <= FOUND_MOST && first->members <= MEMBERS_MOST);
	read_board(first, before, busy);
	unsigned nall = complete(first, before, open, at, n, all);
	uint16_t most = largest_weight(at, n);
	unsigned left = member_deal(all, nall, before, busy, first->members,
	    to);
	for (unsigned i = 0; i < first->members; i++) {
		const struct conf_backend *b = first + i;
		const struct found *f = to[i] < 0 ? NULL : &all[to[i]];
		/* whose weight the answer did not say keeps it */
		bool moved = first->srv && f && f < all + n
		    && set_srv(b, scale(f->weight, most), f->priority);
		moved = move(b, &before[i], f) || moved;
		*changed = *changed || moved;
	}
	return left;
}

bool member_clear(const struct conf_backend *first)
{
	struct addr at;
	bool had = false;

	for (unsigned i = 0; i < first->members; i++) {
		const struct conf_backend *b = first + i;
		if (!board_address(b, &at))
			continue;
		had = true;
		board_say_why(b, "its name does not exist any more");
		board_set_address(b, NULL);
	}
	return had;
}

bool member_is_somewhere(const struct conf_backend *first)
{
	struct addr at;

	for (unsigned i = 0; i < first->members; i++)
		if (board_address(first + i, &at))
			return true;
	return false;
}

void member_format(const struct conf_backend *first, char *to, size_t room)
{
	char text[ADDR_TEXT];
	struct addr at;
	size_t used = 0;

	to[0] = '\0';
	for (unsigned i = 0; i < first->members; i++) {
		if (!board_address(first + i, &at))
			continue;
		addr_format(&at, text);
		size_t more = strlen(text) + 2;
		if (used + more + 4 > room) {
			snprintf(to + used, room - used, " ...");
			return;
		}
		used += (size_t)snprintf(to + used, room - used, "%s%s",
		    used ? ", " : "", text);
	}
}
