/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether gates will be able to work: certificates, keys, names of ciphers. */
#ifndef GATE_CHECK_H
#define GATE_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"

/* Reads all that gates of conf would read, and says what is wrong with it to
 * `to`, a line each, "FILE:LINE: ..."; what is merely odd (a certificate that
 * ends within 21 days or has ended, a chain that lacks a link) is a warning
 * among them. What it found goes to `facts` (roles.h), NULL: nowhere. False if
 * there was an error. May block; leaves keys in memory: for a process that
 * ends soon. */
bool check_tls(const struct conf *conf, FILE *to, FILE *facts);

#endif
