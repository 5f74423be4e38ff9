/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of TLS: what must be refused, and what is lawful all the same. */
/* links: net base */
#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "net/record.h"

/* All suites of both versions: loops of the tests run over them. */
#define KINDS 6

static char wire[RECORD_WIRE + 64], opened[RECORD_WIRE + 64];
static char large[RECORD_PLAIN + 64];

static void set_keys(struct record_keys *k, int kind)
{
	uint8_t secret[48], random[32];

	memset(secret, 0x5a, sizeof secret);
	memset(random, 0xa5, sizeof random);
	memset(k, 0, sizeof *k);
	k->version = kind % 2 ? RECORD_TLS13 : RECORD_TLS12;
	k->suite = (uint8_t)(RECORD_AES_128_GCM + kind / 2);
	k->secret_bytes = k->suite == RECORD_AES_256_GCM ? 48 : 32;
	if (k->version == RECORD_TLS13)
		ck_assert(record_keys_13(k, secret, secret));
	else
		ck_assert(record_keys_12(k, secret, random, random, true));
	k->read[0] = k->write[0]; /* it opens what it has sealed */
}

static size_t seal(const struct record_keys *k, uint64_t seq, int type,
    const void *p, size_t n)
{
	struct iovec v = {(void *)p, n};

	return record_seal(k, &k->write[0], seq, (enum record_type)type, &v,
	    1, wire);
}

static enum record_result unseal(const struct record_keys *k, uint64_t seq,
    size_t length, int *type, size_t *n, int *alert)
{
	enum record_type inner = 0;
	enum record_alert why = 0;
	enum record_result result;

	memset(opened, 'x', sizeof opened);
	result = record_open(k, &k->read[0], seq, wire, length, opened,
	    &inner, n, &why);
	*type = (int)inner;
	*alert = (int)why;
	return result;
}

static void is_fine(const struct record_keys *k, uint64_t seq, size_t length,
    int type, const void *plain, size_t n)
{
	size_t got;
	int inner, alert;

	ck_assert_int_eq(unseal(k, seq, length, &inner, &got, &alert),
	    RECORD_FINE);
	ck_assert_int_eq(inner, type);
	ck_assert_uint_eq(got, n);
	ck_assert(memcmp(opened, plain, n) == 0);
}

/* And nothing of it is left in `opened`: zeros, or what was there before. */
static void is_bad(const struct record_keys *k, uint64_t seq, size_t length,
    int why)
{
	size_t got, n = length > RECORD_HEAD ? length - RECORD_HEAD : 0;
	int inner, alert;

	ck_assert_int_eq(unseal(k, seq, length, &inner, &got, &alert),
	    RECORD_BAD);
	ck_assert_int_eq(alert, why);
	ck_assert_uint_eq(got, 0);
	for (size_t i = 0; i < n; i++)
		ck_assert(opened[i] == 0 || opened[i] == 'x');
}

START_TEST(what_is_sealed_can_be_opened)
{
	static const size_t sizes[] = {1, 2, 15, 16, 17, 100, 4096, 16383,
		RECORD_PLAIN};
	struct record_keys k;

	set_keys(&k, _i);
	memset(large, 'p', sizeof large);
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (int type = RECORD_ALERT; type <= RECORD_DATA; type++) {
			size_t n = seal(&k, i, type, large, sizes[i]);

			ck_assert_uint_le(n, sizes[i] + RECORD_COST);
			is_fine(&k, i, n, type, large, sizes[i]);
		}
	}
	/* no data at all is lawful */
	is_fine(&k, 7, seal(&k, 7, RECORD_DATA, "", 0), RECORD_DATA, "", 0);
}
END_TEST

START_TEST(pieces_make_one_record)
{
	struct iovec v[] = {{large, 3}, {large + 3, 0}, {large + 3, 30},
		{large + 33, 67}};
	char whole[256];
	struct record_keys k;
	size_t n;

	set_keys(&k, _i);
	for (int i = 0; i < 100; i++)
		large[i] = (char)i;
	n = seal(&k, 9, RECORD_DATA, large, 100);
	memcpy(whole, wire, n);
	ck_assert_uint_eq(record_seal(&k, &k.write[0], 9, RECORD_DATA, v, 4,
	    wire), n);
	ck_assert(memcmp(whole, wire, n) == 0);
}
END_TEST

START_TEST(every_flipped_bit_is_seen)
{
	struct record_keys k;
	size_t n;

	set_keys(&k, _i);
	n = seal(&k, 3, RECORD_DATA, "secret text", 11);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		/* the bytes of the length are not what is opened here, but
		 * in TLS 1.3 the tag covers them too */
		bool length = bit >= 24 && bit < 40;

		if (length && k.version == RECORD_TLS12)
			continue;
		wire[bit / 8] ^= (char)(1 << bit % 8);
		is_bad(&k, 3, n, ALERT_BAD_RECORD_MAC);
		wire[bit / 8] ^= (char)(1 << bit % 8);
	}
	is_fine(&k, 3, n, RECORD_DATA, "secret text", 11);
}
END_TEST

START_TEST(every_other_number_is_wrong)
{
	struct record_keys k;
	size_t n;

	set_keys(&k, _i);
	n = seal(&k, 3, RECORD_DATA, "text", 4);
	is_bad(&k, 0, n, ALERT_BAD_RECORD_MAC);
	is_bad(&k, 2, n, ALERT_BAD_RECORD_MAC);
	is_bad(&k, 4, n, ALERT_BAD_RECORD_MAC);
	is_bad(&k, 3 + (1ull << 32), n, ALERT_BAD_RECORD_MAC);
	is_bad(&k, 3 + (1ull << 63), n, ALERT_BAD_RECORD_MAC);
}
END_TEST

START_TEST(numbers_end)
{
	struct record_keys k;
	size_t n;

	set_keys(&k, _i);
	n = seal(&k, UINT64_MAX - 1, RECORD_DATA, "text", 4);
	is_fine(&k, UINT64_MAX - 1, n, RECORD_DATA, "text", 4);
	is_bad(&k, UINT64_MAX, n, ALERT_INTERNAL_ERROR);
	ck_assert_uint_eq(seal(&k, UINT64_MAX, RECORD_DATA, "text", 4), 0);
}
END_TEST

START_TEST(what_is_too_short_is_bad)
{
	struct record_keys k;
	size_t n;

	set_keys(&k, _i);
	n = seal(&k, 0, RECORD_DATA, "text", 4);
	for (size_t i = RECORD_HEAD; i < n; i++)
		is_bad(&k, 0, i, ALERT_BAD_RECORD_MAC);
}
END_TEST

START_TEST(other_keys_do_not_open_it)
{
	struct record_keys k, other;
	size_t n;

	set_keys(&k, _i);
	other = k;
	other.read[0].key[_i] ^= 1;
	n = seal(&k, 0, RECORD_DATA, "text", 4);
	is_fine(&k, 0, n, RECORD_DATA, "text", 4);
	is_bad(&other, 0, n, ALERT_BAD_RECORD_MAC);
	is_fine(&k, 0, n, RECORD_DATA, "text", 4);
	record_forget();
	is_bad(&other, 0, n, ALERT_BAD_RECORD_MAC);
	record_forget();
	record_forget();
	is_fine(&k, 0, n, RECORD_DATA, "text", 4);
	for (int kind = 0; kind < KINDS; kind++) { /* other suites between */
		set_keys(&other, kind);
		ck_assert_uint_gt(seal(&other, 0, RECORD_DATA, "other", 5),
		    0);
		is_fine(&other, 0, seal(&other, 0, RECORD_DATA, "other", 5),
		    RECORD_DATA, "other", 5);
	}
	n = seal(&k, 0, RECORD_DATA, "text", 4);
	is_fine(&k, 0, n, RECORD_DATA, "text", 4);
}
END_TEST

START_TEST(other_types_are_unexpected)
{
	struct record_keys k;

	set_keys(&k, _i);
	for (int type = 0; type < 256; type++)
		if (type < RECORD_ALERT || type > RECORD_DATA)
			is_bad(&k, 0, seal(&k, 0, type, "text", 4),
			    ALERT_UNEXPECTED_MESSAGE);
	is_bad(&k, 0, seal(&k, 0, RECORD_ALERT, "", 0),
	    ALERT_UNEXPECTED_MESSAGE);
	is_bad(&k, 0, seal(&k, 0, RECORD_HANDSHAKE, "", 0),
	    ALERT_UNEXPECTED_MESSAGE);
}
END_TEST

/* Content, type and n zeros behind it: a peer of TLS 1.3 may hide lengths. It
 * is made of a record whose own type is the last zero. */
static size_t pad(const struct record_keys *k, const char *content, size_t n,
    int type, size_t zeros)
{
	memset(large, 0, sizeof large);
	memcpy(large, content, n);
	large[n] = (char)type;
	return seal(k, 1, 0, large, n + zeros);
}

START_TEST(padding_is_read_over)
{
	static const size_t zeros[] = {1, 2, 15, 255, 1000, 16380};
	struct record_keys k;

	set_keys(&k, _i);
	for (unsigned i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
		is_fine(&k, 1, pad(&k, "text", 4, RECORD_DATA, zeros[i]),
		    RECORD_DATA, "text", 4);
		is_fine(&k, 1, pad(&k, "\1\0", 2, RECORD_ALERT, zeros[i]),
		    RECORD_ALERT, "\1\0", 2);
		is_fine(&k, 1, pad(&k, "", 0, RECORD_DATA, zeros[i]),
		    RECORD_DATA, "", 0);
		is_bad(&k, 1, pad(&k, "", 0, 0, zeros[i]),
		    ALERT_UNEXPECTED_MESSAGE);
		is_bad(&k, 1, pad(&k, "text", 4, RECORD_CCS, zeros[i]),
		    ALERT_UNEXPECTED_MESSAGE);
	}
}
END_TEST

/* A record with more in it than record_seal would take. */
static size_t seal_by_hand(const struct record_keys *k, size_t n)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t before = k->version == RECORD_TLS13 ? 0 : 8;
	size_t whole = before + n + 16, naad = before ? 13 : 5;
	const char head[] = {RECORD_DATA, 3, 3, (char)(whole >> 8),
		(char)whole};
	unsigned char *out = (unsigned char *)wire + 5 + before, nonce[12];
	unsigned char aad[13] = {[8] = RECORD_DATA, 3, 3,
		(unsigned char)(n >> 8), (unsigned char)n};
	int got;

	memcpy(wire, head, 5);
	memset(wire + 5, 0, before);
	memcpy(nonce, k->write[0].iv, 12);
	if (before) /* number 0, which is the nonce, too */
		memset(nonce + 4, 0, 8);
	else
		memcpy(aad, head, 5);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, k->write[0].key,
	    nonce);
	EVP_EncryptUpdate(ctx, NULL, &got, aad, (int)naad);
	EVP_EncryptUpdate(ctx, out, &got, (void *)large, (int)n);
	EVP_EncryptFinal_ex(ctx, out + n, &got);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + n);
	EVP_CIPHER_CTX_free(ctx);
	return 5 + whole;
}

START_TEST(more_than_16384_bytes_overflow)
{
	struct record_keys k;

	set_keys(&k, _i); /* AES-128-GCM */
	memset(large, RECORD_DATA, sizeof large);
	if (k.version == RECORD_TLS12) {
		is_fine(&k, 0, seal_by_hand(&k, 16384), RECORD_DATA, large,
		    16384);
		is_bad(&k, 0, seal_by_hand(&k, 16385), ALERT_RECORD_OVERFLOW);
		return;
	}
	is_fine(&k, 0, seal_by_hand(&k, 16385), RECORD_DATA, large, 16384);
	is_bad(&k, 0, seal_by_hand(&k, 16386), ALERT_RECORD_OVERFLOW);
	memset(large + 10, 0, sizeof large - 10); /* padding counts */
	is_fine(&k, 0, seal_by_hand(&k, 16385), RECORD_DATA, large, 9);
	is_bad(&k, 0, seal_by_hand(&k, 16386), ALERT_RECORD_OVERFLOW);
}
END_TEST

static enum record_result look(const struct record_keys *k, const char *head,
    size_t n, size_t *length, int *alert)
{
	enum record_alert why = 0;
	enum record_result result = record_look(k, head, n, length, &why);

	*alert = (int)why;
	return result;
}

START_TEST(heads_are_looked_at)
{
	struct record_keys k;
	size_t length;
	char head[RECORD_HEAD] = {RECORD_DATA, 3, 3, 0x41, 0};
	int alert;

	set_keys(&k, _i);
	ck_assert_int_eq(look(&k, head, 5, &length, &alert), RECORD_MORE);
	ck_assert_uint_eq(length, RECORD_WIRE);
	head[4] = 1;
	ck_assert_int_eq(look(&k, head, 5, &length, &alert), RECORD_BAD);
	ck_assert_int_eq(alert, ALERT_RECORD_OVERFLOW);
	head[3] = 0;
	for (int version = 0; version < 65536; version++) {
		head[1] = (char)(version >> 8);
		head[2] = (char)version;
		if (look(&k, head, 5, &length, &alert) == RECORD_BAD)
			ck_assert_int_eq(alert, ALERT_PROTOCOL_VERSION);
		else
			ck_assert_int_eq(version, RECORD_TLS12);
	}
	head[1] = head[2] = 3;
	for (int type = 0; type < 256; type++) {
		bool lawful = k.version == RECORD_TLS13 ?
		    type == RECORD_DATA :
		    type >= RECORD_ALERT && type <= RECORD_DATA;

		head[0] = (char)type;
		ck_assert_int_eq(look(&k, head, 5, &length, &alert),
		    lawful ? RECORD_MORE : RECORD_BAD);
		ck_assert_int_eq(alert, lawful ? 0 :
		    ALERT_UNEXPECTED_MESSAGE);
	}
}
END_TEST

START_TEST(records_may_come_byte_by_byte)
{
	struct record_keys k;
	size_t n, length = 0;
	int alert;

	set_keys(&k, _i);
	n = seal(&k, 0, RECORD_DATA, "GET / HTTP/1.1\r\n\r\n", 18);
	for (size_t i = 0; i < n; i++) {
		char *part = malloc(i ? i : 1);

		memcpy(part, wire, i);
		ck_assert_int_eq(look(&k, part, i, &length, &alert),
		    RECORD_MORE);
		ck_assert_uint_eq(length, i < RECORD_HEAD ? 0 : n);
		free(part);
	}
	for (size_t more = 0; more < 40; more++)
		ck_assert_int_eq(look(&k, wire, n + more, &length, &alert),
		    RECORD_FINE);
	ck_assert_uint_eq(length, n);
}
END_TEST

START_TEST(keys_are_not_made_of_nonsense)
{
	struct record_keys k = {.version = RECORD_TLS13,
	    .suite = RECORD_AES_128_GCM, .secret_bytes = 20};
	uint8_t secret[48] = {1};

	ck_assert(!record_keys_13(&k, secret, secret));
	k.secret_bytes = 32;
	k.suite = 9;
	ck_assert(!record_keys_13(&k, secret, secret));
	k.suite = RECORD_NONE;
	ck_assert(!record_keys_13(&k, secret, secret));
	k.suite = RECORD_AES_128_GCM;
	ck_assert(!record_keys_12(&k, secret, secret, secret, true));
	k.version = RECORD_TLS12;
	ck_assert(!record_keys_13(&k, secret, secret));
	ck_assert(!record_next(&k, &k.read[0], &k.read[1]));
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, what_is_sealed_can_be_opened, 0, KINDS);
	tcase_add_loop_test(tc, pieces_make_one_record, 0, KINDS);
	tcase_add_loop_test(tc, every_flipped_bit_is_seen, 0, KINDS);
	tcase_add_loop_test(tc, every_other_number_is_wrong, 0, KINDS);
	tcase_add_loop_test(tc, numbers_end, 0, KINDS);
	tcase_add_loop_test(tc, what_is_too_short_is_bad, 0, KINDS);
	tcase_add_loop_test(tc, other_keys_do_not_open_it, 0, KINDS);
	tcase_add_loop_test(tc, other_types_are_unexpected, 0, KINDS);
	tcase_add_loop_test(tc, heads_are_looked_at, 0, KINDS);
	tcase_add_loop_test(tc, records_may_come_byte_by_byte, 0, KINDS);
	tcase_add_loop_test(tc, more_than_16384_bytes_overflow, 0, 2);
	tcase_add_loop_test(tc, padding_is_read_over, 1, 2);
	tcase_add_loop_test(tc, padding_is_read_over, 3, 4);
	tcase_add_loop_test(tc, padding_is_read_over, 5, 6);
	tcase_add_test(tc, keys_are_not_made_of_nonsense);
}

int main(void)
{
	Suite *suite = suite_create("record_rules");
	TCase *tc = tcase_create("record_rules");
	SRunner *runner;
	int failed;

	if (!record_init())
		return EXIT_FAILURE;
	add(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
