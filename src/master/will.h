/* SPDX-License-Identifier: BSD-2-Clause */
/* Wills: how a legacy (legacy.h) is written. */
#ifndef MASTER_WILL_H
#define MASTER_WILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct will {
	FILE *to;
	int *fds;      /* that are named in it */
	unsigned nfds, room;
	bool failed;   /* no memory */
};

/* False, with errno, if there is no memory. */
bool will_begin(struct will *w);

void will_item(struct will *w, const char *kind);
void will_number(struct will *w, const char *key, uint64_t v);
void will_text(struct will *w, const char *key, const char *text);
void will_bytes(struct will *w, const char *key, const char *p, size_t n);

/* -1: there is none. */
void will_fd(struct will *w, const char *key, int fd);
void will_end(struct will *w);

/* The memfd, for who is to read it; close-on-exec, as all it names. -1, errno:
 * it cannot be. Then will_pass: whether all of them, and fd, live through the
 * next exec. False, errno. */
int will_seal(struct will *w);
bool will_pass(const struct will *w, int fd, bool live);
void will_drop(struct will *w);

#endif
