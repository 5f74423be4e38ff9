/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that `certificates` names, and which key belongs to which. */
#ifndef GATE_SOURCES_H
#define GATE_SOURCES_H

#include <stdbool.h>

#include "conf/conf.h"
#include "gate/pem.h"

struct complaints;

struct source {
	char *path;
	struct pem pem;
	bool fine;         /* it was read */
	EVP_PKEY *key;     /* of its first certificate, or of another in it;
			    * NULL: this file has nothing to serve */
	bool used;         /* what is in it stands in another one too, or
			    * belongs to it */
};

/* Of one entry of the list; by path, if it is a folder or a glob. */
struct sources {
	struct source *at;
	unsigned n, room;
	bool many;
};

/* Reads all files of an entry, and finds for each certificate its key: in the
 * same file; in one that is called like it (x.crt and x.key, x.pem.key,
 * fullchain.pem and privkey.pem); or, in a folder or glob, in any other of
 * them. What has neither certificate nor key of its own is passed over.
 * Whatever is wrong is said. *s is for sources_free. Blocks on the disk. */
void sources_read(struct sources *s, const struct conf_certificate *entry,
    struct complaints *c);
void sources_free(struct sources *s);

#endif
