/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes for a legacy: what is read of it lies in its bounds. */
/* links: master shm http net conf base */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "master/legacy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look_at_field(struct legacy *l, const struct legacy_item *i,
    const struct legacy_field *f)
{
	size_t n;
	const char *at = legacy_bytes(l, i, f->key, 100, &n);

	MUST(n <= 100 && at[n] == '\0');
	MUST(strlen(legacy_text(l, i, f->key, 100)) <= 100);
	uint64_t v = legacy_number(l, i, f->key, 10, 1000);
	MUST(v >= 10 && v <= 1000);
	legacy_bool(l, i, f->key);
}

static void look_at_items(struct legacy *l)
{
	for (unsigned n = 0; n < l->nitems; n++) {
		const struct legacy_item *i = &l->items[n];
		MUST(i->first + i->n <= l->nfields);
		MUST(legacy_next(l, NULL, i->kind) != NULL);
		MUST(strcmp(legacy_get(l, i->kind)->kind, i->kind) == 0);
		for (unsigned k = 0; k < i->n; k++)
			look_at_field(l, i, &l->fields[i->first + k]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct legacy l;
	int fd = memfd_create("legacy", MFD_CLOEXEC);

	MUST(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	bool fine = legacy_read(&l, fd);
	MUST(fine == (l.wrong[0] == '\0'));
	if (fine)
		look_at_items(&l);
	legacy_drop(&l);
	close(fd);
	return 0;
}
