/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: what comes is looked at and opened; what is sealed of it opens. */
/* links: net base */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct record_keys kinds[6];

static void make_keys(void)
{
	uint8_t secret[48] = {1}, random[32] = {2};

	if (kinds[0].version)
		return;
	MUST(record_init());
	for (unsigned i = 0; i < 6; i++) {
		struct record_keys *k = &kinds[i];

		k->version = i % 2 ? RECORD_TLS13 : RECORD_TLS12;
		k->suite = (uint8_t)(RECORD_AES_128_GCM + i / 2);
		k->secret_bytes = 32;
		MUST(i % 2 ? record_keys_13(k, secret, secret) :
		    record_keys_12(k, secret, random, random, true));
		k->read[0] = k->write[0];
	}
}

/* To memory that has just the room that is promised. */
static enum record_result unseal(const struct record_keys *k, uint64_t seq,
    const char *p, size_t length, enum record_type *type, size_t *n, char **to)
{
	size_t room = length > RECORD_HEAD + 16 ? length - RECORD_HEAD - 16 : 1;
	enum record_alert alert = 0;
	enum record_result result;

	*to = malloc(room);
	MUST(*to != NULL);
	memset(*to, 0, room);
	result = record_open(k, &k->read[0], seq, p, length, *to, type, n,
	    &alert);
	MUST(result != RECORD_MORE && *n <= room);
	for (size_t i = 0; result == RECORD_BAD && i < room; i++)
		MUST((*to)[i] == 0);
	MUST(result != RECORD_BAD || (alert != 0 && *n == 0));
	return result;
}

/* A stream of records from nobody who has the keys. */
static void check_stream(const struct record_keys *k, const uint8_t *bytes,
    size_t n)
{
	enum record_alert alert;
	enum record_type type;
	size_t length, got;
	char *copy = malloc(n ? n : 1), *at = copy, *to;

	MUST(copy != NULL);
	memcpy(copy, bytes, n);
	while (record_look(k, at, n, &length, &alert) == RECORD_FINE) {
		MUST(length >= RECORD_HEAD && length <= n);
		MUST(length <= RECORD_WIRE);
		MUST(unseal(k, 0, at, length, &type, &got, &to) == RECORD_BAD);
		free(to);
		at += length;
		n -= length;
	}
	free(copy);
}

/* The bytes are what a peer with the keys put inside: type, then content. */
static void check_inside(const struct record_keys *k, const uint8_t *bytes,
    size_t n)
{
	static char wire[RECORD_PLAIN + RECORD_COST];
	struct iovec v = {(void *)(bytes + 1), n ? n - 1 : 0};
	enum record_type type, sealed_as = n ? (enum record_type)bytes[0] : 0;
	enum record_result result;
	size_t length, got;
	char *to;

	if (v.iov_len > RECORD_PLAIN)
		return;
	length = record_seal(k, &k->write[0], n, sealed_as, &v, 1, wire);
	MUST(length > v.iov_len && length <= v.iov_len + RECORD_COST);
	result = unseal(k, n, wire, length, &type, &got, &to);
	if (sealed_as >= RECORD_ALERT && sealed_as <= RECORD_DATA &&
	    (v.iov_len > 0 || sealed_as == RECORD_DATA)) {
		MUST(result == RECORD_FINE && type == sealed_as);
		MUST(got == v.iov_len && memcmp(to, bytes + 1, got) == 0);
	}
	MUST(result == RECORD_BAD || (type >= RECORD_ALERT &&
	    type <= RECORD_DATA && got <= v.iov_len));
	free(to);
	wire[n % length] ^= 0x40;
	if (k->version == RECORD_TLS13 || n % length < 3 || n % length > 4) {
		MUST(unseal(k, n, wire, length, &type, &got, &to) ==
		    RECORD_BAD);
		free(to);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	make_keys();
	if (n == 0)
		return 0;
	check_stream(&kinds[bytes[0] % 6], bytes + 1, n - 1);
	check_inside(&kinds[bytes[0] % 6], bytes + 1, n - 1);
	return 0;
}
