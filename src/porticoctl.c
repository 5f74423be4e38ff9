/* SPDX-License-Identifier: BSD-2-Clause */
/* porticoctl(8): tells a Portico that runs what to do, and asks how it is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	struct args args;
	int code;

	if (args_read(&args, argc, argv, &code))
		code = args.command->run(&args);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "porticoctl: standard output: %s\n", strerror(errno));
	return code == CTL_FINE ? CTL_REFUSED : code;
}
