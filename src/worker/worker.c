/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker: one process, one loop. */
#include "worker/worker.h"

#include "base/clock.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "worker/carry.h"
#include "worker/pipe.h"
#include "worker/random.h"

const struct conf *worker_conf;

void worker_main(unsigned n, const struct conf *conf, worker_bell *bell)
{
	worker_conf = conf;
	random_seed();
	pipe_forget();
	slot_enter(n);
	for (;;) {
		struct conn *c = lobby_accept();
		if (c != NULL) {
			carry(c);
			continue;
		}
		bell();
		/* it rings until somebody has done what is asked */
		clock_sleep_us(1000);
	}
}
