/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of porticoctl's commands: names, arguments, who runs them. */
#include "ctl/commands.h"

#include "ctl/cachectl.h"
#include "ctl/ctl.h"
#include "ctl/drain.h"
#include "ctl/list.h"
#include "ctl/orders.h"
#include "ctl/save.h"
#include "ctl/top.h"
#include "ctl/warm.h"

#define QUICK CTL_PATIENCE
#define LONG CTL_LONG_PATIENCE

const struct command command_table[] = {
	{"status", "[POOL[/NAME]]", "processes, pools and backends",
	    0, 1, 0, QUICK, list_status},
	{"top", "[-n N]", "the same, live", 0, 0, ARGS_LOOKS, QUICK, top_run},
	{"backend drain", "[--wait[=SECONDS]] POOL/NAME",
	    "it finishes what it has",
	    1, 1, ARGS_WAIT, QUICK, drain_run},
	{"backend enable", "POOL/NAME", "it gets requests again",
	    1, 1, 0, QUICK, orders_backend},
	{"backend disable", "[--wait[=SECONDS]] POOL/NAME",
	    "it gets no requests",
	    1, 1, ARGS_WAIT, QUICK, drain_run},
	{"backend weight", "POOL/NAME N|file", "its share of the requests",
	    2, 2, 0, QUICK, orders_backend},
	{"backend add", "POOL ADDRESS [KEY=VALUE ...]",
	    "one more for the pool", 2, 6, 0, LONG, orders_plain},
	{"backend remove", "POOL/NAME", "it leaves the pool",
	    1, 1, 0, LONG, orders_backend},
	{"drain", "[--wait[=SECONDS]] POOL/NAME", "as backend drain",
	    1, 1, ARGS_WAIT, QUICK, drain_run},
	{"reload", "", "reads the configuration again",
	    0, 0, 0, LONG, orders_plain},
	{"upgrade", "", "a new program takes over",
	    0, 0, 0, LONG, orders_plain},
	{"reopen", "", "opens the log files again",
	    0, 0, 0, QUICK, orders_plain},
	{"stop", "[--graceful]", "ends Portico",
	    0, 0, ARGS_GRACEFUL, QUICK, orders_stop},
	{"workers", "N|MIN..MAX", "how many workers there are",
	    1, 1, 0, LONG, orders_workers},
	{"config diff", "", "changes since the file was read",
	    0, 0, 0, QUICK, list_changes},
	{"config save", "[--force] [FILE]", "the file with those changes",
	    0, 1, ARGS_FORCE, QUICK, save_run},
	{"cache status", "", "what the cache has, and did",
	    0, 0, 0, QUICK, cachectl_status},
	{"cache purge", "[--soft] URL", "it is fetched anew",
	    1, 1, ARGS_SOFT, QUICK, cachectl_purge},
	{"cache ban", "[--soft] [--host HOST] [--prefix URL | --re RE | "
	    "--tag TAG]", "what fits is fetched anew",
	    0, 0, ARGS_SOFT | ARGS_BAN, QUICK, cachectl_ban},
	{"cache warm", "FILE", "fetches the URLs in it",
	    1, 1, 0, LONG, warm_run},
};

const unsigned command_count = sizeof command_table / sizeof command_table[0];
