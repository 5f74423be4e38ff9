/* SPDX-License-Identifier: BSD-2-Clause */
/* Identifiers that nobody can foresee and no two requests share. */
#ifndef WORKER_RANDOM_H
#define WORKER_RANDOM_H

/* Once per process, after it was cloned: the copy must not repeat its
 * parent's numbers. */
void random_seed(void);

/* A number below n, which is not 0. */
unsigned random_below(unsigned n);

/* 32 hexadecimal digits, no NUL. */
void random_id(char to[32]);

#endif
