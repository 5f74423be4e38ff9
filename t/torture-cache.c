/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at a copy of a cache's area, and says whether its sums are right. */
#include <fcntl.h>
#include <stdio.h>

#include "shm/cache_layout.h"
#include "shm/slot.h"

/* Who held a lock when it was copied is no more here. */
static unsigned locks(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cache.shape.shards; i++)
		n += atomic_load(&cache.shard[i].lock.word) != 0;
	return n;
}

int main(int argc, char **argv)
{
	struct cache_figures f;
	const char *why;
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0 || !slots_create() || !cache_attach(&cache, fd)) {
		printf("this is no area\n");
		return 2;
	}
	slot_enter(1);
	if (locks()) {
		printf("locked: %u\n", locks());
		return 1;
	}
	bool sound = cache_audit(&why);
	cache_figures(&f);
	printf("%s: busy %u condemned %u live %u used %llu of %llu KB, "
	    "evicted %llu refused %llu damaged %llu\n", sound ? "sound" : why,
	    f.busy, f.condemned, f.live, (unsigned long long)(f.used >> 10),
	    (unsigned long long)(f.bytes >> 10), (unsigned long long)f.evicted,
	    (unsigned long long)f.refused, (unsigned long long)f.damaged);
	return !sound;
}
