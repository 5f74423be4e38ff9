/* SPDX-License-Identifier: BSD-2-Clause */
/* An errand that is under way: for the files errand*.c alone. */
#ifndef GATE_ERRAND_STATE_H
#define GATE_ERRAND_STATE_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "conf/conf.h"
#include "gate/handover.h"
#include "gate/loop.h"
#include "gate/secrets.h"
#include "gate/wire.h"
#include "shm/arrival.h"

enum stage { STAGE_CONNECT, STAGE_FIRST, STAGE_HANDSHAKE, STAGE_LAST_FLIGHT,
	STAGE_TICKETS, STAGE_ANSWER, STAGE_HANDOVER, STAGE_REPORT };

struct errand {
	struct loop_entry entry;
	struct handover_wait wait;
	enum stage stage;
	uint64_t ends_at;      /* clock_ms */
	const struct conf_backend *backend;
	bool asked;            /* for a certificate of ours */
	SSL *ssl;
	struct wire wire;
	struct secrets secrets;
	enum arrival_kind outcome;
	char why[ARRIVAL_WHY]; /* it failed, or its certificate is refused */
	size_t sent;           /* of call.first */
	size_t answered;       /* bytes of a check's answer */
	struct checked *report; /* that the steward had no room for */
	struct call call;
};

/* Begins to wait for events of its socket. */
void errand_await(struct errand *e, uint32_t events);

/* It has failed: says so to who has called, and ends. why may be e->why. */
void errand_fail(struct errand *e, enum arrival_kind outcome,
    const char *why);

/* Says what came of it, e->outcome, to the row that has called; ends. */
void errand_hand_over(struct errand *e);

/* Closes and frees it. */
void errand_end(struct errand *e);

/* ---- errand_handshake.c: the stages of it ---- */

void errand_begin_handshake(struct errand *e);
void errand_shake_hands(struct errand *e);
void errand_send_last_flight(struct errand *e);
void errand_take_tickets(struct errand *e);

/* The backend has no more to say before its first request. */
void errand_be_done(struct errand *e);

/* What OpenSSL says of the last failure; NULL: nothing. */
const char *errand_reason(void);

/* ---- errand_check.c: the stages of a check ---- */

void errand_ask(struct errand *e);
void errand_read_answer(struct errand *e);

/* The check is over: why it has failed, or NULL. */
void errand_report_end(struct errand *e, const char *why);

/* What the steward had no room for is said again. */
void errand_report_again(struct errand *e);

/* Once: the socket that it hears it on. */
void errand_report_to(int fd);

#endif
