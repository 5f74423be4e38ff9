/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate: handshakes of TLS, with clients and with backends. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

struct gate_task;

/* The life of a gate in slot n: reads certificates and keys, gives up root,
 * closes what is not its own, then does handshakes, each under a deadline,
 * until it is told to retire and none is left. Leaves with EXIT_RETIRED then,
 * EXIT_FAILED if its certificates cannot be used. */
_Noreturn void gate_main(unsigned n, const struct gate_task *task);

#endif
