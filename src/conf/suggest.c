/* SPDX-License-Identifier: BSD-2-Clause */
/* "did you mean": the nearest of the words that would have been right. */
#include "conf/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD 64 /* longer words are not compared */

/* What other servers call it, where that is not near. */
static const struct {
	const char *theirs, *ours;
} words[] = {
	{"check", "health"},
	{"cookie", "sticky"},
	{"downinter", "interval_down"},
	{"fail_timeout", "window"},
	{"httpchk", "health"},
	{"inter", "interval"},
	{"ip_hash", "hash"},
	{"keepalive", "idle_connections"},
	{"least_conn", "least-connections"},
	{"leastconn", "least-connections"},
	{"listen", "address"},
	{"location", "path"},
	{"max_conns", "max_connections"},
	{"max_fails", "failures"},
	{"maxconn", "connections"},
	{"maxconn", "max_connections"},
	{"proxy_pass", "pool"},
	{"retries", "attempts"},
	{"server", "backends"},
	{"server_name", "hosts"},
	{"servers", "backends"},
	{"source", "hash"},
	{"upstream", "pools"},
	{"url_hash", "hash"},
	{"worker_connections", "connections"},
	{"worker_processes", "workers"},
};

#define WORDS (sizeof words / sizeof words[0])

static bool means(const char *theirs, const char *ours)
{
	for (size_t i = 0; i < WORDS; i++)
		if (strcmp(words[i].theirs, theirs) == 0
		    && strcmp(words[i].ours, ours) == 0)
			return true;
	return false;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits that turn a into b, two swapped neighbours being one. */
static unsigned distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned rows[3][WORD + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned change = above[j - 1]
			    + (a[i - 1] != b[j - 1]);
			row[j] = least(change,
			    least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2]
			    && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		unsigned *spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[nb];
}

void suggest_init(struct suggest *s, const char *given)
{
	size_t n = strlen(given);

	s->given = n <= WORD ? given : NULL;
	s->best = NULL;
	/* One edit in three letters, and one more, is still a slip. */
	s->distance = (unsigned)(n <= WORD ? n / 3 + 2 : 0);
}

void suggest_offer(struct suggest *s, const char *word)
{
	size_t n = strlen(word);

	if (s->given == NULL || n > WORD)
		return;
	unsigned d = means(s->given, word) ? 0 : distance(s->given, word);
	if (d < s->distance && d < n) {
		s->distance = d;
		s->best = word;
	}
}

const char *suggest_tail(struct suggest *s)
{
	if (s->best == NULL)
		return "";
	snprintf(s->text, sizeof s->text, "; did you mean \"%s\"?", s->best);
	return s->text;
}
