/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas: shared memory that the master makes and its children inherit. */
#ifndef SHM_AREA_H
#define SHM_AREA_H

#include <stddef.h>

struct area {
	void *at;
	size_t size;
	int fd; /* the master's, for the program that follows; -1: none */
};

/* A zeroed area of its own memfd, out of core dumps; pages that are not
 * touched cost nothing. The name is for /proc. at is NULL, with errno, if
 * there is no memory. */
struct area area_create(const char *name, size_t size);

/* The area of a descriptor that another program of the master has made, of
 * that size at least. at is NULL, with errno, if there is no such area; then
 * fd is the caller's still. */
struct area area_attach(int fd, size_t size);

/* In a child, which has the descriptor no more or not for long: unmaps it. */
void area_unmap(struct area *area);

/* Unmaps it here and closes its descriptor; what other processes have mapped
 * stays. */
void area_close(struct area *area);

#endif
