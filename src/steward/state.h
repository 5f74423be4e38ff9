/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel says of another process: state and CPU time. */
#ifndef STEWARD_STATE_H
#define STEWARD_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Its state as ps(1) shows it: 'R', 'S', 'D', 'T' ...; 0 if the kernel does
 * not say. Opens a descriptor, under a note of this process's slot. */
char state_of(pid_t pid);

/* True if it neither runs nor waits for a CPU, but will go on some day. */
bool state_is_asleep(char state);
bool state_is_stopped(char state);

/* Microseconds of CPU time that it has used; 0 if the kernel does not say. */
uint64_t state_cpu_us(pid_t pid);

#endif
