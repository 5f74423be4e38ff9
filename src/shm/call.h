/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to gates for connections to backends, and what comes of them. */
#ifndef SHM_CALL_H
#define SHM_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "shm/lobby.h"

/* The name that is asked for and verified: the pool's, or that of `host`,
 * which may have a port; n 0: the backend's. Lower case, without brackets;
 * none if it is too long. */
void call_name(struct call *call, const struct conf_pool *pool,
    const struct conf_backend *b, struct slice host);

/* What tells idle connections to b apart: 0 without TLS, else it follows from
 * the name that call_name gives. */
uint32_t call_mark(const struct conf_backend *b, struct slice host);

/* To any gate; does not block. False: the socket is full for now. */
bool call_send(const struct call *call);

/* Number of the next call of a row that the caller owns; never 0. */
uint32_t call_number(struct conn *c);

/* What has come of the call that flow *f of c waits for: NONE: nothing yet, or
 * it waits for none; LOST: a gate has died since, perhaps with it. */
enum conn_verdict call_verdict(const struct conn *c, const struct flow *f);

/* Says it. A row that is another by now, or has had a verdict of this call or
 * a later one, keeps what it has. Who says it then takes the row, or finds it
 * owned: one of both sees it (lobby.c, turn_has_come). */
void call_judge(struct conn *c, uint32_t serial, uint32_t number,
    enum conn_verdict verdict);

/* Makes a backend's row, idle or new, bound to flow *f's row, its peer. */
void call_use_peer(struct flow *f, struct conn *peer);

/* The steward, at each look: once gates have died it rings the rows that wait
 * for a call which may be lost. */
void call_ring_lost(void);

/* ---- Arrivals of backends ---- */

/* What a gate has answered, received into *a under NOTE_ACCEPT, which is
 * cleared in here: fd is the socket (of BACKEND alone), or -1: it got lost for
 * want of descriptors. The connection goes to the row that has called for it,
 * or to those that are idle; else it is closed. That row, owned by the caller
 * and to be carried; NULL: there is nothing to carry. */
struct conn *arrive_backend(struct arrival *a, int fd);

/* Why the call that *f of c waits for has failed, for the log; unreached: not
 * even TCP. False if nobody knows it any more. */
bool arrive_find_why(const struct conn *c, const struct flow *f,
    char to[ARRIVAL_WHY], bool *unreached);

/* The steward: what the dead process of slot n had in its hands is lost; who
 * waits for it is rung. */
void arrive_settle(unsigned n);

#endif
