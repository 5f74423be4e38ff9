/* SPDX-License-Identifier: BSD-2-Clause */
/* Versions, suites and groups that OpenSSL may agree on. */
#include "gate/strength.h"

#include <openssl/err.h>
#include <string.h>

#include "base/slice.h"

/* All that have forward secrecy and that net/record can go on with. */
static const struct suite {
	const char *name;
	bool is_13;
} suites[] = {
	{"TLS_AES_128_GCM_SHA256", true},
	{"TLS_AES_256_GCM_SHA384", true},
	{"TLS_CHACHA20_POLY1305_SHA256", true},
	{"ECDHE-ECDSA-AES128-GCM-SHA256", false},
	{"ECDHE-RSA-AES128-GCM-SHA256", false},
	{"ECDHE-ECDSA-AES256-GCM-SHA384", false},
	{"ECDHE-RSA-AES256-GCM-SHA384", false},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", false},
	{"ECDHE-RSA-CHACHA20-POLY1305", false},
};

#define SUITES (sizeof suites / sizeof suites[0])
#define LIST 1024

/* X25519 first: it is three times as fast as the others. */
static const char usual_groups[] = "X25519:P-256:P-384";

static bool add(char *list, const char *name)
{
	size_t n = strlen(list), more = strlen(name);

	if (n + more + 2 > LIST)
		return false;
	if (n > 0)
		list[n++] = ':';
	memcpy(list + n, name, more + 1);
	return true;
}

static const struct suite *find_suite(struct slice name)
{
	for (unsigned i = 0; i < SUITES; i++)
		if (slice_eq(name, slice_str(suites[i].name)))
			return &suites[i];
	return NULL;
}

/* A version of which none is named has all of its own. */
static void add_usual(char lists[2][LIST])
{
	const bool wanted[2] = {!lists[0][0], !lists[1][0]};

	for (unsigned i = 0; i < SUITES; i++)
		if (wanted[suites[i].is_13])
			add(lists[suites[i].is_13], suites[i].name);
}

static bool sort_suites(const char *ciphers, char lists[2][LIST],
    struct complaints *c)
{
	struct slice rest = slice_str(ciphers);
	bool fine = true;

	lists[0][0] = lists[1][0] = '\0';
	while (rest.p != NULL) {
		struct slice name = slice_cut(&rest, ':');
		const struct suite *s = find_suite(name);
		if (s != NULL && add(lists[s->is_13], s->name))
			continue;
		complain(c, "ciphers", "\"%.*s\" is none of the suites with "
		    "forward secrecy and AES-GCM or ChaCha20-Poly1305, such "
		    "as %s", SLICE_FMT(name), suites[3].name);
		fine = false;
	}
	add_usual(lists);
	return fine;
}

static bool set_suites(SSL_CTX *ctx, const char *ciphers, struct complaints *c)
{
	char lists[2][LIST];

	if (!sort_suites(ciphers, lists, c))
		return false;
	if (SSL_CTX_set_cipher_list(ctx, lists[0])
	    && SSL_CTX_set_ciphersuites(ctx, lists[1]))
		return true;
	complain(c, "ciphers", "OpenSSL has none of them");
	return false;
}

static bool set_groups(SSL_CTX *ctx, const char *groups, struct complaints *c)
{
	if (SSL_CTX_set1_groups_list(ctx, groups ? groups : usual_groups))
		return true;
	complain(c, "groups", "\"%s\" is no list of groups that OpenSSL has, "
	    "such as %s", groups ? groups : usual_groups, usual_groups);
	return false;
}

bool strength_set(SSL_CTX *ctx, unsigned min_version, const char *ciphers,
    const char *groups, struct complaints *c)
{
	/* of what is strong the quickest, unless the client has no AES */
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION
	    | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
	    | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 0);
	bool fine = SSL_CTX_set_min_proto_version(ctx, (int)min_version)
	    && SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
	fine = set_suites(ctx, ciphers, c) && fine;
	fine = set_groups(ctx, groups, c) && fine;
	ERR_clear_error();
	return fine;
}
