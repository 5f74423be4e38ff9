/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas: shared memory that the master makes and its children inherit. */
#include "shm/area.h"

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct area area_create(const char *name, size_t size)
{
	struct area area = {NULL, size};
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return area;
	if (ftruncate(fd, (off_t)size) == 0) {
		void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
		if (at != MAP_FAILED) {
			madvise(at, size, MADV_DONTDUMP);
			area.at = at;
		}
	}
	close(fd);
	return area;
}

void area_close(struct area *area)
{
	if (area->at)
		munmap(area->at, area->size);
	area->at = NULL;
}
