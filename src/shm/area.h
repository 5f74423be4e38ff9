/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas: shared memory that the master makes and its children inherit. */
#ifndef SHM_AREA_H
#define SHM_AREA_H

#include <stddef.h>

struct area {
	void *at;
	size_t size;
};

/* A zeroed area of its own memfd, out of core dumps; pages that are not
 * touched cost nothing. The name is for /proc. at is NULL if there is no
 * memory. */
struct area area_create(const char *name, size_t size);

/* Unmaps it here; what other processes have mapped stays. */
void area_close(struct area *area);

#endif
