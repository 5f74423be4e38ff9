/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of TLS: published traces, and what has to be refused. */
/* links: net base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/record.h"

static size_t unhex(const char *text, void *to)
{
	unsigned char *out = to;
	unsigned byte;
	size_t n = 0;

	for (; *text != '\0'; text += 2) {
		ck_assert_int_eq(sscanf(text, "%2x", &byte), 1);
		out[n++] = (unsigned char)byte;
	}
	return n;
}

static void is_hex(const void *bytes, const char *text)
{
	unsigned char want[1024];
	size_t n = unhex(text, want);

	ck_assert_mem_eq(bytes, want, n);
}

/* RFC 8448, 3 and 4. */
#define CLIENT_SECRET "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792" \
	"ebb7c17504a5"
#define SERVER_SECRET "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f" \
	"1f3fcb631643"
#define EARLY_SECRET "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678" \
	"d63b6caab62"
#define FIFTY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d" \
	"1e1f202122232425262728292a2b2c2d2e2f3031"

static const struct {
	const char *secret;
	uint64_t seq;
	enum record_type type;
	const char *plain, *record;
} traces[] = {
	{CLIENT_SECRET, 0, RECORD_DATA, FIFTY,
	 "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b"
	 "9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aee"
	 "bb21694915e4"},
	{CLIENT_SECRET, 1, RECORD_ALERT, "0100",
	 "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"},
	{SERVER_SECRET, 1, RECORD_DATA, FIFTY,
	 "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e3"
	 "0efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd0"
	 "32e167c2955d"},
	{SERVER_SECRET, 2, RECORD_ALERT, "0100",
	 "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"},
	{EARLY_SECRET, 0, RECORD_DATA, "414243444546",
	 "1703030017ab1df420e75c457a7cc5d2844f76d5aee4b4edbf049be0"},
};

/* The peer writes with that secret, and so do we. */
static void set_13(struct record_keys *k, enum record_suite suite,
    unsigned nsecret, const char *secret)
{
	uint8_t bytes[48];

	memset(k, 0, sizeof *k);
	k->version = RECORD_TLS13;
	k->suite = (uint8_t)suite;
	k->secret_bytes = (uint8_t)nsecret;
	ck_assert_uint_eq(unhex(secret, bytes), nsecret);
	ck_assert(record_keys_13(k, bytes, bytes));
}

static size_t seal(const struct record_keys *k, uint64_t seq,
    enum record_type type, const void *p, size_t n, char *to)
{
	struct iovec v = {(void *)p, n};

	return record_seal(k, &k->write[0], seq, type, &v, 1, to);
}

static void check_trace(int i)
{
	char plain[64], record[128], sealed[64 + RECORD_COST], opened[128];
	size_t n = unhex(traces[i].plain, plain), got;
	size_t length = unhex(traces[i].record, record), seen;
	enum record_alert alert;
	enum record_type type;
	struct record_keys k;

	set_13(&k, RECORD_AES_128_GCM, 32, traces[i].secret);
	ck_assert_uint_eq(seal(&k, traces[i].seq, traces[i].type, plain, n,
	    sealed), length);
	ck_assert_mem_eq(sealed, record, length);
	ck_assert_int_eq(record_look(&k, record, length, &seen, &alert),
	    RECORD_FINE);
	ck_assert_uint_eq(seen, length);
	ck_assert_int_eq(record_open(&k, &k.read[0], traces[i].seq, record,
	    length, opened, &type, &got, &alert), RECORD_FINE);
	ck_assert_int_eq(type, traces[i].type);
	ck_assert_uint_eq(got, n);
	ck_assert_mem_eq(opened, plain, n);
}

START_TEST(published_traces_are_sealed_and_opened)
{
	check_trace(_i);
}
END_TEST

/* The first record of the server: NewSessionTicket. */
START_TEST(a_ticket_is_a_message_of_the_handshake)
{
	static const char text[] =
	    "17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e"
	    "95d41d6af8f6b580dcf3d11d63c758db289a015940252f55713e061dc13e"
	    "078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0"
	    "d4a3d03f75e09c30ba1e62972ac46f75f7b981be63439b2999ce13064615"
	    "139891d5e4c5b406f16e3fc181a77ca475840025db2f0a77f81b5ab05b94"
	    "c01346755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d02"
	    "3e70e952ca49fe5137121c74bc2697687e248746d6df353005f3bce18696"
	    "129c8153556b3b6c6779b37bf15985684f";
	char record[sizeof text / 2], opened[sizeof record];
	size_t length = unhex(text, record), n;
	enum record_alert alert;
	enum record_type type;
	struct record_keys k;

	set_13(&k, RECORD_AES_128_GCM, 32, SERVER_SECRET);
	ck_assert_int_eq(record_open(&k, &k.read[0], 0, record, length, opened,
	    &type, &n, &alert), RECORD_FINE);
	ck_assert_int_eq(type, RECORD_HANDSHAKE);
	ck_assert_uint_eq(n, 205);
	ck_assert_mem_eq(opened, "\4\0\0\xc9\0\0\0\x1e", 8);
}
END_TEST

START_TEST(keys_come_from_secrets)
{
	struct record_keys k;

	set_13(&k, RECORD_AES_128_GCM, 32, CLIENT_SECRET);
	is_hex(k.read[0].key, "17422dda596ed5d9acd890e3c63f5051");
	is_hex(k.read[0].iv, "5b78923dee08579033e523d9");
	set_13(&k, RECORD_AES_128_GCM, 32, SERVER_SECRET);
	is_hex(k.write[0].key, "9f02283b6c9c07efc26bb9f2ac92e356");
	is_hex(k.write[0].iv, "cf782b88dd83549aadf1e984");
	set_13(&k, RECORD_CHACHA20_POLY1305, 32, "000102030405060708090a0b0c"
	    "0d0e0f101112131415161718191a1b1c1d1e1f");
	is_hex(k.read[0].key, "2ffbc449e87844051c7768f61ffd8ad070830f01ec2c52"
	    "0ef65f08e8296dffa0");
	is_hex(k.read[0].iv, "2f41c846a431a163814bcd71");
}
END_TEST

/* These were computed by a program of a dozen lines of Python. */
START_TEST(next_keys_come_from_these)
{
	struct record_keys k;

	set_13(&k, RECORD_AES_128_GCM, 32, SERVER_SECRET);
	ck_assert(record_next(&k, &k.read[0], &k.read[1]));
	is_hex(k.read[1].secret, "51921b8aa3001976eb401d0a4319a8516416a6c5600"
	    "1a357e5d162031e84f916");
	is_hex(k.read[1].key, "2e63be99d67b39097feb9786cf7a15a0");
	is_hex(k.read[1].iv, "628a0a8298ac953baef4255a");
	set_13(&k, RECORD_AES_256_GCM, 48, "000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f");
	ck_assert(record_next(&k, &k.write[0], &k.write[1]));
	is_hex(k.write[1].secret, "401331b63e9d59f202e8f041042d9516f4cd7fa2e2"
	    "ee14631d3b49fc340d7af37fc2c0c9f252d8036f81ec5b85cbe5db");
	is_hex(k.write[1].key, "eb354f3b48924ed78de34dd8aa6a6a0a51d857ddad145"
	    "4d5cfa7b69f60712911");
	is_hex(k.write[1].iv, "8478ffbe4f2e5450789775b3");
}
END_TEST

/* Master secret 00 01 ..., randoms 40 41 ... and 80 81 ...; the server sends
 * its record number 5. From the same program. */
static const char *records_12[] = {
	[RECORD_AES_128_GCM] = "17030300240000000000000005ef04cb2718299e971c3"
	    "fe0b27e9dcc1fe685cfeacc07b0bfa885f97b",
	[RECORD_AES_256_GCM] = "17030300240000000000000005c9e245388d6c1860fbd"
	    "40af0ab032ed43a430a0bf45371d820adf0ea",
	[RECORD_CHACHA20_POLY1305] = "170303001c350de23f64224c6382fd0638b2a92"
	    "ae72d5a7fbecc031e786df0fb72",
};

static void set_12(struct record_keys *k, int suite, bool is_server)
{
	uint8_t master[48], client[32], server[32];

	for (unsigned i = 0; i < 48; i++)
		master[i] = (uint8_t)i;
	for (unsigned i = 0; i < 32; i++) {
		client[i] = (uint8_t)(0x40 + i);
		server[i] = (uint8_t)(0x80 + i);
	}
	memset(k, 0, sizeof *k);
	k->version = RECORD_TLS12;
	k->suite = (uint8_t)suite;
	ck_assert(record_keys_12(k, master, client, server, is_server));
}

START_TEST(records_of_tls_1_2)
{
	char record[128], sealed[128], opened[128];
	struct record_keys server, client;
	size_t length = unhex(records_12[_i], record), n;
	enum record_alert alert;
	enum record_type type;

	set_12(&server, _i, true);
	set_12(&client, _i, false);
	ck_assert_uint_eq(seal(&server, 5, RECORD_DATA, "hello, world", 12,
	    sealed), length);
	ck_assert_mem_eq(sealed, record, length);
	ck_assert_int_eq(record_open(&client, &client.read[0], 5, record,
	    length, opened, &type, &n, &alert), RECORD_FINE);
	ck_assert_uint_eq(n, 12);
	ck_assert_mem_eq(opened, "hello, world", 12);
	ck_assert_mem_eq(&server.read[0], &client.write[0],
	    sizeof server.read[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tc = tcase_create("record");
	SRunner *runner;
	int failed;

	if (!record_init())
		return EXIT_FAILURE;
	tcase_add_loop_test(tc, published_traces_are_sealed_and_opened, 0,
	    sizeof traces / sizeof traces[0]);
	tcase_add_test(tc, a_ticket_is_a_message_of_the_handshake);
	tcase_add_test(tc, keys_come_from_secrets);
	tcase_add_test(tc, next_keys_come_from_these);
	tcase_add_loop_test(tc, records_of_tls_1_2, RECORD_AES_128_GCM,
	    RECORD_CHACHA20_POLY1305 + 1);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
