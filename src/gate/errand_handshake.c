/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: the handshake with a backend, and the tickets behind it. */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "gate/errand_state.h"
#include "gate/peers.h"

#define VERDICT_MS 100 /* for its word on our certificate */

static void fail(struct errand *e, const char *why)
{
	errand_fail(e, ARRIVAL_FAILED, why);
}

const char *errand_reason(void)
{
	unsigned long code = ERR_peek_error();

	return code ? ERR_reason_error_string(code) : NULL;
}

static const char *why_failed(struct errand *e, int saved, enum io came)
{
	unsigned long code = ERR_peek_error();
	const char *reason = errand_reason();

	if (e->why[0])
		return e->why;
	if (came == IO_BROKEN)
		return strerror(saved);
	if (came == IO_END)
		return "the connection was closed during the handshake";
	if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
		return "the answer is none of TLS";
	return reason ? reason : "the handshake was cut";
}

/* Tickets that are here already make the next handshake cheaper. Nothing else
 * is lawful before the first request. */
void errand_take_tickets(struct errand *e)
{
	enum io came = wire_begin_whole(&e->wire);
	char byte;

	if (came != IO_OK) {
		if (e->stage == STAGE_TICKETS)
			errand_await(e, EPOLLIN | EPOLLET); /* half a record? */
		else
			errand_be_done(e);
		return;
	}
	ERR_clear_error();
	int done = SSL_peek(e->ssl, &byte, 1);
	int error = SSL_get_error(e->ssl, done);
	enum io sent = wire_end(&e->wire);
	if (error == SSL_ERROR_WANT_READ && sent == IO_OK)
		errand_be_done(e);
	else
		fail(e, done == 1 ? "it spoke before it was asked"
		    : why_failed(e, errno, IO_OK));
}

void errand_be_done(struct errand *e)
{
	loop_late_at(&e->entry, e->ends_at);
	if (e->call.kind == CALL_CHECK)
		errand_ask(e);
	else
		errand_hand_over(e);
}

/* With TLS 1.3 a backend that does not like our certificate, or wants one,
 * says so after the handshake; its tickets say that it does. */
static void be_connected(struct errand *e)
{
	ERR_clear_error();
	if (e->asked && SSL_version(e->ssl) == TLS1_3_VERSION) {
		e->stage = STAGE_TICKETS;
		loop_late_at(&e->entry, clock_ms() + VERDICT_MS);
	}
	if (e->asked || e->call.kind == CALL_CONNECT)
		errand_take_tickets(e);
	else
		errand_ask(e);
}

static int be_asked(SSL *ssl, void *arg)
{
	struct errand *e = arg;

	(void)ssl;
	e->asked = true;
	return 1;
}

static void take_step(struct errand *e, enum io came)
{
	int saved = errno;

	ERR_clear_error();
	int done = SSL_connect(e->ssl);
	int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(e->ssl, done);
	enum io sent = wire_end(&e->wire);

	if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
		fail(e, why_failed(e, saved, came));
	} else if (sent == IO_BROKEN) {
		fail(e, strerror(errno));
	} else if (error == SSL_ERROR_WANT_READ) {
		errand_await(e, sent == IO_WAIT ? EPOLLOUT : EPOLLIN);
	} else if (sent == IO_WAIT) {
		e->stage = STAGE_LAST_FLIGHT;
		errand_await(e, EPOLLOUT);
	} else {
		be_connected(e);
	}
}

void errand_shake_hands(struct errand *e)
{
	enum io came = wire_begin(&e->wire);

	if (came == IO_WAIT)
		errand_await(e, e->wire.nunsent ? EPOLLOUT : EPOLLIN);
	else
		take_step(e, came);
}

void errand_send_last_flight(struct errand *e)
{
	enum io io = wire_send(&e->wire);

	if (io == IO_OK)
		be_connected(e);
	else if (io != IO_WAIT)
		fail(e, strerror(errno));
}

void errand_begin_handshake(struct errand *e)
{
	e->stage = STAGE_HANDSHAKE;
	if (e->call.nserver == 0 && peers_verify(e->backend)) {
		fail(e, "there is no name that its certificate could be for");
		return;
	}
	e->ssl = peers_connect(e->backend, e->call.server, e->call.nserver,
	    e->why);
	if (e->ssl == NULL || !secrets_attach(e->ssl, &e->secrets)
	    || !wire_open(&e->wire, e->entry.fd, 0, e->sent)) {
		fail(e, "no memory for a handshake");
		return;
	}
	SSL_set_cert_cb(e->ssl, be_asked, e);
	BIO_up_ref(e->wire.bio); /* it goes with the SSL object */
	SSL_set_bio(e->ssl, e->wire.bio, e->wire.bio);
	wire_begin_first(&e->wire);
	take_step(e, IO_WAIT);
}
