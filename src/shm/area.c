/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas: shared memory that the master makes and its children inherit. */
#include "shm/area.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void *map(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, size, MADV_DONTDUMP);
	return at;
}

struct area area_create(const char *name, size_t size)
{
	struct area area = {NULL, size, memfd_create(name, MFD_CLOEXEC)};

	if (area.fd >= 0 && ftruncate(area.fd, (off_t)size) == 0)
		area.at = map(area.fd, size);
	if (area.at == NULL && area.fd >= 0) {
		int error = errno;
		close(area.fd);
		area.fd = -1;
		errno = error;
	}
	return area;
}

/* What is shorter than it says would end who looks there. */
struct area area_attach(int fd, size_t size)
{
	struct area area = {NULL, size, -1};
	struct stat st;

	if (size == 0 || fstat(fd, &st) < 0)
		return area;
	if (st.st_size < 0 || (uint64_t)st.st_size < size) {
		errno = EINVAL;
		return area;
	}
	area.at = map(fd, size);
	if (area.at)
		area.fd = fd;
	return area;
}

void area_unmap(struct area *area)
{
	if (area->at)
		munmap(area->at, area->size);
	area->at = NULL;
}

void area_close(struct area *area)
{
	if (area->at && area->fd >= 0)
		close(area->fd);
	area_unmap(area);
	area->fd = -1;
}
