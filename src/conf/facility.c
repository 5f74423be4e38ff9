/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of syslog's facilities. */
#include "conf/facility.h"

#include <stddef.h>
#include <syslog.h>

const struct facility facility_table[] = {
	{"daemon", LOG_DAEMON},
	{"user", LOG_USER},
	{"local0", LOG_LOCAL0},
	{"local1", LOG_LOCAL1},
	{"local2", LOG_LOCAL2},
	{"local3", LOG_LOCAL3},
	{"local4", LOG_LOCAL4},
	{"local5", LOG_LOCAL5},
	{"local6", LOG_LOCAL6},
	{"local7", LOG_LOCAL7},
	{NULL, 0},
};

const char *facility_name(int code)
{
	for (const struct facility *f = facility_table; f->name; f++)
		if (f->code == code)
			return f->name;
	return facility_table[0].name;
}
