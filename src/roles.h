/* SPDX-License-Identifier: BSD-2-Clause */
/* What the roles agree on: exit codes, and messages between them. */
#ifndef ROLES_H
#define ROLES_H

enum {
	EXIT_FINE = 0,   /* all went well, or a stop that was asked for */
	EXIT_FAILED = 1, /* the configuration or the machine did not allow it */
	EXIT_USAGE = 2,  /* the command line was wrong */
	EXIT_RETIRED = 3, /* a worker that is not needed any more */
	EXIT_RECYCLED = 4, /* a worker after workers.recycle_after requests */
};

/* Master to logger, over a seqpacket socket; descriptors come with REOPEN:
 * error log, access log, in this order, for each that is not -1. */
enum logger_word { LOGGER_REOPEN, LOGGER_FINISH };

struct logger_order {
	enum logger_word word;
	int error_kind, access_kind; /* enum conf_log_kind */
	int error_facility, access_facility;
};

#endif
