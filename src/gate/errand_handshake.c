/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: the handshake with a backend, and the tickets behind it. */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/epoll.h>

#include "gate/errand_state.h"
#include "gate/peers.h"

static void fail(struct errand *e, const char *why)
{
	errand_fail(e, ARRIVAL_FAILED, why);
}

static const char *why_failed(struct errand *e, int saved, enum io came)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

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
static void take_tickets(struct errand *e)
{
	enum io came = wire_begin_whole(&e->wire);
	char byte;

	if (came != IO_OK) {
		errand_hand_over(e);
		return;
	}
	ERR_clear_error();
	int done = SSL_peek(e->ssl, &byte, 1);
	int error = SSL_get_error(e->ssl, done);
	enum io sent = wire_end(&e->wire);
	if (error == SSL_ERROR_WANT_READ && sent == IO_OK)
		errand_hand_over(e);
	else
		fail(e, done == 1 ? "it spoke before it was asked"
		    : why_failed(e, errno, IO_OK));
}

static void be_connected(struct errand *e)
{
	ERR_clear_error();
	if (e->call.kind == CALL_CHECK)
		errand_ask(e);
	else
		take_tickets(e);
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
	BIO_up_ref(e->wire.bio); /* it goes with the SSL object */
	SSL_set_bio(e->ssl, e->wire.bio, e->wire.bio);
	wire_begin_first(&e->wire);
	take_step(e, IO_WAIT);
}
