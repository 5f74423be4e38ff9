/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients astray: they speak plain HTTP at the port of https. */
#ifndef GATE_ASTRAY_H
#define GATE_ASTRAY_H

#include <stdbool.h>

/* True if the handshake failed, by its last error, because the client spoke
 * HTTP. */
bool astray_is(unsigned long error);

/* Answers with 400, in words for who reads it, and takes what has come so far
 * out of the socket, as closing it would cut the answer off otherwise. Does
 * not block; what does not go at once does not go. */
void astray_answer(int fd);

#endif
