/* SPDX-License-Identifier: BSD-2-Clause */
/* The name under which ps(1) shows a process. */
#ifndef BASE_TITLE_H
#define BASE_TITLE_H

/* Once, first thing in main: moves the environment out of the way. */
void title_init(int argc, char **argv);

/* "portico: ROLE" for ps, ROLE (15 bytes at most) as the kernel's name. */
void title_set(const char *role);

#endif
