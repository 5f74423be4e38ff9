/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of secure.h share: records of one side of a row. */
#ifndef WORKER_RECORDS_H
#define WORKER_RECORDS_H

#include "worker/secure.h"

/* Levels of alerts (RFC 8446, 6). */
enum { RECORD_WARNING = 1, RECORD_FATAL = 2 };

static inline int records_fd(const struct stride *s, unsigned side)
{
	return side == SIDE_CLIENT ? (int)lobby_row(s->c) : s->f.peer;
}

static inline struct session *records_session(const struct stride *s,
    unsigned side)
{
	return &lobby.sessions[records_fd(s, side)];
}

/* A page beyond the row's share, if it must be; 0 sets s->starved. */
uint32_t records_page(struct stride *s, size_t n);

/* Before a set of keys is written: the row's flow must name the other one. */
void records_settle_keys(struct stride *s, unsigned side);

/* Seals an alert behind what is sealed; a fatal one is the last. */
void records_say(struct stride *s, unsigned side, enum record_alert alert,
    bool fatal);

/* The n bytes of a handshake's messages that a record has brought. False:
 * they break the rules, *alert says which. */
bool records_read_handshake(struct stride *s, unsigned side, const char *p,
    size_t n, enum record_alert *alert);

#endif
