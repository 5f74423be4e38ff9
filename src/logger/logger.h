/* SPDX-License-Identifier: BSD-2-Clause */
/* The logger: carries lines from the slots' rings to files and syslog. */
#ifndef LOGGER_LOGGER_H
#define LOGGER_LOGGER_H

#include "roles.h"

/* The life of the logger in slot n: reads orders from control until LOGGER_
 * FINISH or the end of it. A disk that hangs stops nobody else. */
_Noreturn void logger_main(unsigned n, int control);

#endif
