/* SPDX-License-Identifier: BSD-2-Clause */
/* Inspections: a short-lived process looks at certificates and keys. */
#ifndef MASTER_INSPECT_H
#define MASTER_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "master/facts.h"
#include "master/master.h"

/* ms that one may take; tests have less. */
extern unsigned inspect_patience;

/* No key is ever in the master's memory: who reads them ends. There is one
 * inspection at a time. */
enum inspect_state { INSPECT_GOES_ON, INSPECT_FINE, INSPECT_FAILED,
	INSPECT_LOST /* another one was begun meanwhile */ };

/* Begins one of all that gates of conf would read; its number. */
unsigned inspect_begin(const struct master_task *task,
    const struct conf *conf);

/* Does not block. Once it has ended its result stays until the next begins.
 * Who takes too long is killed, and has failed. */
enum inspect_state inspect_look(unsigned number);

/* Ends one that goes on. */
void inspect_drop(unsigned number);

/* Of one that has ended: the lines that it said, and what the files were when
 * it began (files.h). */
const char *inspect_said(size_t *n);
uint64_t inspect_print(void);

/* ms beyond what a handful of files takes: for who waits for gates that read
 * what it has read. */
unsigned inspect_long(void);

/* The certificates that it found. For facts_free. */
struct facts inspect_facts(void);

/* The same in one go; what is said goes to `to`. Blocks. For who has no other
 * children. */
bool inspect_now(const struct master_task *task, const struct conf *conf,
    FILE *to);

#endif
