/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of a backend that are not final: 1xx, and 101 among them. */
#ifndef WORKER_INTERIM_H
#define WORKER_INTERIM_H

#include "worker/request.h"

/* A head (h->length bytes in s->f.bin) with status 1xx goes to the client, if
 * it may have it (RFC 9110, 15.2); then the final one is waited for. */
next_step interim_pass(struct stride *s, const struct head *h);

/* 101: the tunnel begins, if the client has asked for it. */
next_step interim_tunnel(struct stride *s, const struct head *h);

/* relay: the response is not lawful; another attempt, or 502. */
next_step relay_refuse(struct stride *s, const char *why);

/* relay: the row's share of pages is used up, or all pages are. */
next_step relay_no_page(struct stride *s);

#endif
