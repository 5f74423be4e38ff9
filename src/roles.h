/* SPDX-License-Identifier: BSD-2-Clause */
/* What the roles agree on: exit codes, and messages between them. */
#ifndef ROLES_H
#define ROLES_H

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct lobby;

enum {
	EXIT_FINE = 0,   /* all went well, or a stop that was asked for */
	EXIT_FAILED = 1, /* the configuration or the machine did not allow it */
	EXIT_USAGE = 2,  /* the command line was wrong */
	EXIT_RETIRED = 3, /* a worker or gate that is not needed any more */
	EXIT_RECYCLED = 4, /* a worker after workers.recycle_after requests */
};

/* The logger's outputs: the error log, and behind it the access logs. What a
 * ring calls RING_ACCESS + n goes to output LOGGER_ACCESS + n. So many that
 * each log of each generation may have its own. */
enum { LOGGER_ERROR, LOGGER_ACCESS, LOGGER_OUTPUTS = LOGGER_ACCESS + 64 };

/* Master to logger, over a seqpacket socket. The descriptor of a file comes
 * with OPEN; lines that are older than the order go to what was open before
 * it. GO: all is open that lines may wait for, a new logger may read them. */
enum logger_word { LOGGER_OPEN, LOGGER_GO, LOGGER_FINISH };

struct logger_order {
	enum logger_word word;
	int output;
	int kind; /* enum conf_log_kind; CONF_LOG_OFF closes it */
	int facility;
	uint64_t when; /* clock_us */
	char name[128]; /* for messages: the path, cut if it is longer */
};

/* What gates keep the keys of tickets in, zero at first. */
#define TICKETS_BYTES 65536

/* What a gate is made with; the master forks it, as root if it is root. */
struct gate_task {
	const struct conf *conf;
	struct lobby *lobby; /* of its generation: gated, the sockets' ends */
	unsigned generation;
	int master;          /* its pid */
	int tickets;         /* memfd, TICKETS_BYTES: gate/tickets.h */
	int retire;          /* eventfd: not 0, it takes nothing new on */
	bool alone;          /* it follows one that died, and no other serves:
			      * a certificate that has become bad meanwhile
			      * must not cost the others */
	void (*drop)(void);  /* gives up root, for good */
};

/* The certificates that a check has found, a line each, and no others:
 * "certificate", name of the listener or pool, path, kind of key, time of its
 * end (seconds of the epoch), DNS names separated by blanks; between them a
 * tab. */
#define FACTS_LINE 4096

#endif
