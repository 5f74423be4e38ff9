/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of access logs that tell of TLS. */
#include <stdio.h>

#include "worker/identity.h"
#include "worker/line.h"

/* All that gates take, named as the configuration names them. */
static const struct {
	uint16_t number;
	struct slice name;
} suites[] = {
	{0x1301, {"TLS_AES_128_GCM_SHA256", 22}},
	{0x1302, {"TLS_AES_256_GCM_SHA384", 22}},
	{0x1303, {"TLS_CHACHA20_POLY1305_SHA256", 28}},
	{0xc02b, {"ECDHE-ECDSA-AES128-GCM-SHA256", 29}},
	{0xc02c, {"ECDHE-ECDSA-AES256-GCM-SHA384", 29}},
	{0xc02f, {"ECDHE-RSA-AES128-GCM-SHA256", 27}},
	{0xc030, {"ECDHE-RSA-AES256-GCM-SHA384", 27}},
	{0xcca8, {"ECDHE-RSA-CHACHA20-POLY1305", 27}},
	{0xcca9, {"ECDHE-ECDSA-CHACHA20-POLY1305", 29}},
};

static const struct slice nothing = {NULL, 0};

struct slice line_tls_version(const struct stride *s, char room[LINE_TEXT])
{
	const struct session *session = identity_session(s);

	(void)room;
	if (session == NULL)
		return nothing;
	return session->keys.version == RECORD_TLS12 ? SLICE("TLSv1.2")
	    : SLICE("TLSv1.3");
}

struct slice line_tls_cipher(const struct stride *s, char room[LINE_TEXT])
{
	const struct session *session = identity_session(s);

	if (session == NULL)
		return nothing;
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
		if (suites[i].number == session->cipher)
			return suites[i].name;
	int n = snprintf(room, LINE_TEXT, "0x%04x", session->cipher);
	return slice_make(room, (size_t)n);
}

static struct slice yes_or_no(bool yes)
{
	return yes ? SLICE("yes") : SLICE("no");
}

struct slice line_tls_resumed(const struct stride *s, char room[LINE_TEXT])
{
	const struct session *session = identity_session(s);

	(void)room;
	return session ? yes_or_no(session->resumed) : nothing;
}

struct slice line_tls_server(const struct stride *s, char room[LINE_TEXT])
{
	const struct session *session = identity_session(s);

	(void)room;
	if (session == NULL || session->nserver > SESSION_SERVER)
		return nothing;
	return slice_make(session->server, session->nserver);
}

struct slice line_tls_verified(const struct stride *s, char room[LINE_TEXT])
{
	const struct session *session = identity_session(s);

	(void)room;
	if (session == NULL || session->verified == SESSION_NO_CERTIFICATE)
		return nothing;
	return yes_or_no(session->verified == SESSION_VERIFIED);
}
