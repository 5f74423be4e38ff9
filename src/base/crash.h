/* SPDX-License-Identifier: BSD-2-Clause */
/* A crash leaves a letter: where it was, and what was being done. */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include <stddef.h>

/* Writes, when the process crashes, what it was doing: at most room bytes
 * with the NUL. Runs in a signal handler; may crash itself, which ends only
 * this text. */
typedef void crash_witness(char *to, size_t room);

/* Once, before others are forked from this process: so that a backtrace will
 * need neither memory nor files. */
void crash_prepare(void);

/* From now on SEGV, BUS, FPE, ILL and ABRT leave the letter, then end this
 * process as they always do. Who is forked or cloned from it inherits that.
 * A signal that a sanitizer has caught is left to it. */
void crash_catch(void);

/* Where the letter goes: addresses as "portico+0x12ab libc.so.6+0x34", each
 * relative to where the file was loaded; and what the witness says. */
void crash_to(char *trace, size_t trace_room, char *line, size_t line_room);
void crash_ask(crash_witness *witness);

/* Adds n bytes to the text of *at bytes, as far as there is room, and a NUL.
 * For witnesses: calls nothing. */
void crash_put(char *to, size_t room, size_t *at, const char *p, size_t n);

#endif
