/* SPDX-License-Identifier: BSD-2-Clause */
/* What attempts tell the board of the backends that were asked. */
#include "worker/tally.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/board.h"
#include "worker/terse.h"
#include "worker/worker.h"

#define TEXT 200

static void add(_Atomic uint64_t *n)
{
	atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

void tally_attempt(struct stride *s)
{
	struct board_row *row = board_of(s->r->backend);

	add(&row->attempts);
	if (s->f.attempts > 1)
		add(&row->retries);
}

static _Atomic uint64_t *counter_of(struct board_row *row, enum cause cause)
{
	switch (cause) {
	case CAUSE_CONNECT_FAILED:
	case CAUSE_CONNECT_TIMEOUT:
	case CAUSE_TLS_FAILED:
		return &row->connect_errors;
	case CAUSE_RESPONSE_TIMEOUT:
		return &row->timeouts;
	case CAUSE_BACKEND_RESET:
	case CAUSE_BACKEND_CUT:
		return &row->resets;
	case CAUSE_BAD_RESPONSE:
		return &row->bad_answers;
	default: /* a status: counted as such */
		return NULL;
	}
}

static void wake_steward(void)
{
	uint64_t one = 1;

	if (write(lobby.wake, &one, sizeof one) < 0)
		log_debug("the steward has been woken already");
}

static void eject(const struct stride *s, const struct board_row *row,
    const char *why)
{
	uint64_t until = atomic_load(&row->ejected_until);
	uint64_t left = until > s->now ? until - s->now : 0;
	char text[TEXT + 80], times[40] = "again";

	if (atomic_load(&row->ejections) <= 1)
		snprintf(times, sizeof times, "%u failures in a row, the last",
		    s->r->pool->passive.failures);
	snprintf(text, sizeof text, "ejected for %llu s: %s: %s",
	    (unsigned long long)((left + 999) / 1000), times, why);
	board_tell(s->r->backend, LOG_LEVEL_WARN, text);
	seats_refresh(s->r->backend, s->now);
	wake_steward();
}

/* What comes of a name that only the client has thought of says nothing about
 * the backend: it may have no certificate for it. */
static bool is_clients_fault(const struct request *r, enum cause cause)
{
	return cause == CAUSE_TLS_FAILED && r->pool->tls.name.n == 0
	    && r->pool->host == CONF_HOST_PRESERVE
	    && !conf_names_host(worker_conf, r->host);
}

void tally_failure(const struct stride *s, enum cause cause, const char *why)
{
	const struct conf_backend *b = s->r->backend;
	struct board_row *row = board_of(b);
	_Atomic uint64_t *counter = counter_of(row, cause);
	char text[TEXT];

	snprintf(text, sizeof text, "%s%s%s", cause_text[cause],
	    why ? ": " : "", why ? why : "");
	if (counter)
		add(counter);
	if (is_clients_fault(s->r, cause))
		return;
	if (board_failure(b, s->now, counter == &row->connect_errors, text))
		eject(s, row, text);
	else if (atomic_load_explicit(&row->failures, memory_order_relaxed)
	    >= s->r->pool->passive.failures && s->r->pool->passive.failures)
		seats_refresh(b, s->now);
	if (s->r->pool->health.on
	    && atomic_load_explicit(&row->suspect, memory_order_relaxed) == 0
	    && atomic_exchange(&row->suspect, 1) == 0)
		wake_steward();
}

void tally_answer(struct stride *s, unsigned status)
{
	struct board_row *row = board_of(s->r->backend);
	uint64_t asked = s->r->asked_at, first = clock_us();

	s->r->status = status;
	s->r->at[TIME_FIRST] = first;
	add(&row->answers[status / 100]);
	/* errors are made quickly: no reason to ask there again */
	if (status < 500 && first > asked)
		board_latency(s->r->backend, first - asked);
}

void tally_success(const struct stride *s)
{
	board_success(s->r->backend);
}

void tally_again(const struct stride *s, enum cause cause, const char *why)
{
	static struct terse lines;
	const struct conf_backend *b = s->r->backend;

	if (!terse_may_say(&lines, s->now, "attempts that were made again"))
		return;
	log_warn("%s/%s: %s%s%s: trying again", b->pool_name, b->name,
	    cause_text[cause], why ? ": " : "", why ? why : "");
}
