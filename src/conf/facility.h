/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of syslog's facilities. */
#ifndef CONF_FACILITY_H
#define CONF_FACILITY_H

struct facility {
	const char *name;
	int code; /* LOG_DAEMON ... of syslog.h */
};

extern const struct facility facility_table[]; /* ends with name NULL */

/* "daemon" if the code is unknown. */
const char *facility_name(int code);

#endif
