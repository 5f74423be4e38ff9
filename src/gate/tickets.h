/* SPDX-License-Identifier: BSD-2-Clause */
/* Tickets: the keys that all gates share, so that any resumes any session. */
#ifndef GATE_TICKETS_H
#define GATE_TICKETS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#define TICKETS_LIFE_S (24 * 3600) /* of a ticket */
#define TICKETS_KEYS 3u            /* open tickets; the first seals them */
#define TICKETS_TURN_MS (12 * 3600 * 1000ull) /* from key to key */
#define TICKETS_LATE_MS (5 * 60 * 1000ull) /* then any gate makes it */

/* Gates alone: maps the memfd, which stays open, and makes it longer if it is
 * too short; makes the first key if there is none. False (errno) if that
 * fails. */
bool tickets_open(int fd);

/* A new key if it is time for one and this is the gate to make it: to be
 * called once in a while, with clock_ms. */
void tickets_turn(uint64_t now);

/* Servers of this context give out one ticket each, and take tickets; or
 * none. False if OpenSSL cannot. */
bool tickets_offer(SSL_CTX *ctx, bool on);

#endif
