/* SPDX-License-Identifier: BSD-2-Clause */
/* What load does with a socket, through TLS or not. */
#ifndef T_TLS_H
#define T_TLS_H

#include "wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *tls_context; /* NULL: no TLS */

/* version: 2 for TLS 1.2, 3 for 1.3, 0 for either. Nothing is verified. */
static inline void tls_init(unsigned version)
{
	static const int numbers[] = {0, 0, TLS1_2_VERSION, TLS1_3_VERSION};
	int only = numbers[version % 4];

	tls_context = SSL_CTX_new(TLS_client_method());
	if (tls_context == NULL ||
	    !SSL_CTX_set_min_proto_version(tls_context, only) ||
	    !SSL_CTX_set_max_proto_version(tls_context, only))
		wire_fail("TLS");
	SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static inline SSL *tls_open(int fd, const char *name)
{
	SSL *ssl = tls_context == NULL ? NULL : SSL_new(tls_context);

	if (ssl == NULL)
		return NULL;
	if (!SSL_set_fd(ssl, fd) || !SSL_set_tlsext_host_name(ssl, name))
		wire_fail("TLS");
	SSL_set_connect_state(ssl);
	return ssl;
}

static inline void tls_close(SSL *ssl)
{
	if (ssl == NULL)
		return;
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	SSL_free(ssl);
	ERR_clear_error();
}

/* As the system call would say it; what ended without close_notify was a
 * reset. */
static inline ssize_t tls_result(SSL *ssl, int n)
{
	int why;

	if (n > 0)
		return n;
	why = SSL_get_error(ssl, n);
	ERR_clear_error();
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ?
	    EAGAIN : ECONNRESET;
	return -1;
}

static inline ssize_t tls_recv(SSL *ssl, int fd, void *to, size_t n)
{
	return ssl == NULL ? recv(fd, to, n, 0) :
	    tls_result(ssl, SSL_read(ssl, to, (int)n));
}

static inline ssize_t tls_send(SSL *ssl, int fd, const void *p, size_t n)
{
	return ssl == NULL ? send(fd, p, n, MSG_NOSIGNAL) :
	    tls_result(ssl, SSL_write(ssl, p, (int)n));
}

/* It has ended before there was anything to lose. */
static inline bool tls_is_young(SSL *ssl)
{
	return ssl != NULL && !SSL_is_init_finished(ssl);
}

#endif
