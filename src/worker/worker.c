/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker: one process, one loop. */
#include "worker/worker.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/record.h"
#include "roles.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "worker/carry.h"
#include "worker/pipe.h"
#include "worker/random.h"
#include "worker/witness.h"

const struct conf *worker_conf;
uint64_t worker_requests;

/* A tenth more or less, so that workers of one age do not leave together. */
static uint64_t lifetime(unsigned requests)
{
	return requests == 0 ? UINT64_MAX
	    : requests - requests / 10 + random_below(requests / 5 + 1);
}

/* Who is waiting here is not needed elsewhere. */
static void follow_bell(worker_bell *bell)
{
	bell();
	if (atomic_exchange(&lobby.head->leave, 0))
		_exit(EXIT_RETIRED);
	/* it rings until somebody has done what is asked */
	clock_sleep_us(1000);
}

void worker_main(unsigned n, const struct conf *conf, worker_bell *bell)
{
	worker_conf = conf;
	random_seed();
	pipe_forget();
	slot_enter(n);
	if (conf_has_gates(conf)) {
		if (!record_init())
			die("OpenSSL lacks a cipher that TLS needs");
		pages_keep_spare();
	}
	witness_init();
	worker_requests = 0;
	uint64_t most = lifetime(conf->workers_recycle_after);
	while (worker_requests < most) {
		struct conn *c = lobby_accept();
		if (c != NULL) {
			carry(c);
			witness_end();
		} else {
			follow_bell(bell);
		}
	}
	_exit(EXIT_RECYCLED);
}
