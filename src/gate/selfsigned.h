/* SPDX-License-Identifier: BSD-2-Clause */
/* A certificate for first steps and tests, signed by itself. */
#ifndef GATE_SELFSIGNED_H
#define GATE_SELFSIGNED_H

#include <stdio.h>

/* portico --self-signed: makes folder/portico.pem (0600), a key of P-256 and
 * a certificate for these names and addresses (NULL-terminated; none at all:
 * localhost, this machine's name and both loopback addresses), good for 397
 * days; the folder (0700), too, if it is missing. What is there already stays,
 * but for one of its own for the same names that has ended. Says to `out` how
 * to use it, to `err` what went wrong. An exit code of roles.h. May block. */
int selfsigned_make(const char *folder, const char *const *names, FILE *out,
    FILE *err);

#endif
