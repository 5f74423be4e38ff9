/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker: one process, one loop. */
#include "worker/worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "worker/carry.h"
#include "worker/random.h"

const struct conf *worker_conf;

/* The bell keeps ringing until the last worker has gone or the order is
 * carried out, so nobody misses it. */
static void look_at_orders(worker_bell *bell)
{
	if (lobby_order() == LOBBY_LEAVE)
		exit(EXIT_SUCCESS);
	bell();
	clock_sleep_us(1000);
}

void worker_main(unsigned n, const struct conf *conf, worker_bell *bell)
{
	worker_conf = conf;
	random_seed();
	slot_enter(n);
	for (;;) {
		struct conn *c = lobby_accept();
		if (c != NULL)
			carry(c);
		else
			look_at_orders(bell);
	}
}
