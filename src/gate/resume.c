/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions with backends that may be resumed. */
#include "gate/resume.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "shm/session.h"

#define PLACES 1024
#define LIFE_S 3600 /* whoever has verified it then verifies it again */

/* Of two that would have the same place the later one has it, under another
 * turn: so no session gets to who did not verify it. */
static struct kept {
	SSL_SESSION *session; /* NULL: none */
	uint64_t turn;
	time_t since; /* a certificate was verified for it */
	unsigned backend;
	char name[SESSION_SERVER];
} kept[PLACES];

static int index_of_turn = -1; /* in an SSL: turn and place */

static unsigned place_of(unsigned backend, const char *name)
{
	static const uint64_t key[2];

	return (unsigned)((hash_slice(key, slice_str(name)) + backend)
	    % PLACES);
}

static void forget(struct kept *k)
{
	SSL_SESSION_free(k->session);
	k->session = NULL;
}

/* Such an object was not refused: so what it brings is as good. */
static int keep(SSL *ssl, SSL_SESSION *session)
{
	uintptr_t turn = (uintptr_t)SSL_get_ex_data(ssl, index_of_turn);
	struct kept *k = &kept[turn % PLACES];

	if (turn == 0 || k->turn != turn || !SSL_SESSION_is_resumable(session))
		return 0;
	/* that it was resumed says nothing new of who is there */
	if (!SSL_session_reused(ssl))
		k->since = time(NULL);
	forget(k);
	k->session = session;
	return 1;
}

static bool is_over(const struct kept *k)
{
	X509 *cert = SSL_SESSION_get0_peer(k->session);

	return k->since + LIFE_S < time(NULL) || (cert
	    && X509_cmp_current_time(X509_get0_notAfter(cert)) < 0);
}

void resume_listen(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT
	    | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep);
}

static void begin_turn(struct kept *k, unsigned backend, const char *name)
{
	static uint64_t turns;

	forget(k);
	k->turn = ++turns * PLACES + (uint64_t)(k - kept);
	k->backend = backend;
	snprintf(k->name, sizeof k->name, "%s", name);
}

bool resume_try(SSL *ssl, unsigned backend, const char *name)
{
	struct kept *k = &kept[place_of(backend, name)];

	if (index_of_turn < 0)
		index_of_turn = SSL_get_ex_new_index(0, NULL, NULL, NULL,
		    NULL);
	if (k->turn == 0 || k->backend != backend
	    || strcmp(k->name, name) != 0)
		begin_turn(k, backend, name);
	if (k->session && is_over(k))
		forget(k);
	if (k->session)
		SSL_set_session(ssl, k->session);
	return index_of_turn >= 0 && SSL_set_ex_data(ssl, index_of_turn,
	    (void *)(uintptr_t)k->turn) == 1;
}
