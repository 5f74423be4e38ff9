/* SPDX-License-Identifier: BSD-2-Clause */
/* One command to the master's socket, and the bytes that come back. */
#ifndef CTL_LINK_H
#define CTL_LINK_H

#include <stddef.h>
#include <stdint.h>

enum link_outcome {
	LINK_DONE,   /* all came: the last line is that of an end */
	LINK_NOBODY, /* nobody could be reached */
	LINK_LOST,   /* it was reached, but no whole answer came */
	LINK_WOKEN,  /* `wake` became readable */
};

struct link {
	const char *path;    /* of the socket */
	const char *command; /* without its newline */
	unsigned patience;   /* milliseconds, from now to the end */
	int wake;            /* a descriptor to look at meanwhile, or -1 */
	/* what came of it */
	char *bytes; /* malloc's, the caller's; NULL if nothing came */
	size_t n;
	char wrong[160]; /* why it is not LINK_DONE */
};

/* Blocks for link->patience at most. */
enum link_outcome link_ask(struct link *link);

#endif
