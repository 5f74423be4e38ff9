/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of access logs: whatever a request holds, a line is whole. */
/* links: worker shm net http conf base */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "shm/slot.h"
#include "worker/line.h"

static struct field fields[4];
static struct stride s;
static struct request r;
static struct conn c;
static struct session session;
static struct slot slot;
static struct conf_listener listener;
static struct conf_site site;
static struct conf_route route;
static struct conf_pool pool;
static struct conf_backend backend;
static char line[RING_LINE_MAX + 1];

static void add_field(enum field_id id, const char *name, struct slice value)
{
	struct field *f = &fields[r.head.nfields];

	memset(f, 0, sizeof *f);
	f->id = (uint16_t)id;
	f->name = slice_str(name);
	f->value = value;
	r.head.seen |= 1ull << id;
	r.head.first[id] = (uint16_t)r.head.nfields++;
}

static void setup(void)
{
	memset(&s, 0, sizeof s);
	memset(&r, 0, sizeof r);
	memset(&c, 0, sizeof c);
	memset(&session, 0, sizeof session);
	slot_self = &slot;
	lobby.rows = s.c = &c;
	lobby.sessions = &session;
	s.r = &r;
	r.head.fields = fields;
	r.listener = &listener;
	listener.name = "http";
	r.client.len = sizeof r.client.in;
	r.client.in.sin_family = AF_INET;
	c.from.sa.sa_family = AF_INET6;
	memset(&c.from.in6.sin6_addr, 0xfe, 16);
	r.head.method = r.head.target = SLICE("x");
	memcpy(r.id, "0123456789abcdef0123456789abcdef", REQUEST_ID);
	r.status = 200;
}

/* A request of the longest values there can be, all of the same byte. */
static void make_longest(char byte)
{
	static char text[16384], name[16384];
	struct slice all = {text, sizeof text - 1};

	memset(text, byte, sizeof text - 1);
	memset(name, byte, sizeof name - 1);
	listener.name = site.name = pool.name = backend.name = name;
	r.site = &site;
	r.home = r.pool = &pool;
	r.queued_for = INT64_MAX;
	r.backend = &backend;
	r.route = &route;
	route.index = UINT32_MAX - 1;
	r.head.method = r.head.target = r.host = all;
	r.client.in6.sin6_family = AF_INET6;
	r.client.len = sizeof r.client.in6;
	memset(&r.client.in6.sin6_addr, 0xfe, 16);
	r.why = name;
	r.cached = CACHED_COLLAPSED;
	s.f.cause = CAUSE_BAD_RESPONSE;
	s.f.tx = s.f.rx = INT64_MAX;
	r.at[TIME_HEAD] = 1;
	r.at[TIME_ROUTE] = r.at[TIME_CONNECT] = r.at[TIME_FIRST] = INT64_MAX;
	r.retries = UINT32_MAX;
	add_field(FIELD_REFERER, "Referer", all);
	add_field(FIELD_USER_AGENT, "User-Agent", all);
}

static const char *format(enum conf_format f, size_t room)
{
	static struct conf_part parts[] = {
	    {.kind = LOG_FIELD_TARGET}, {.text = {"\" [", 3}},
	    {.kind = LOG_FIELD_REQUEST, .text = {"uSER-aGENT", 10}},
	    {.text = {"] ", 2}}, {.kind = LOG_FIELD_T_FIRST},
	    {.text = {" ", 1}}, {.kind = LOG_FIELD_STATUS}};
	const struct conf_access_log log = {.format = f,
	    .custom = {parts, 7, {NULL, 0}}};
	size_t n;

	memset(line, 1, sizeof line);
	n = line_format(&s, &log, INT64_MAX, line, room);
	ck_assert_uint_le(n, room);
	ck_assert_int_eq(line[n], 1); /* nothing is written behind it */
	line[n] = '\0';
	ck_assert_uint_eq(strlen(line), n);
	size_t plain = 0;
	while (plain < n && (unsigned char)line[plain] >= 0x20
	    && line[plain] != 0x7f)
		plain++;
	ck_assert_uint_eq(plain, n);
	return line;
}

/* Behind the string at p; NULL if it is none. */
static const char *skip_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (*p && *p != '"') {
		if (*p++ != '\\')
			continue;
		if (*p == 'u' && strspn(p + 1, "0123456789abcdef") >= 4)
			p += 5;
		else if (*p == '"' || *p == '\\')
			p++;
		else
			return NULL;
	}
	return *p == '"' ? p + 1 : NULL;
}

static const char *skip_value(const char *p)
{
	size_t digits = strspn(p, "0123456789");

	if (*p == '"')
		return skip_string(p);
	if (digits)
		return p + digits;
	return strncmp(p, "null", 4) == 0 ? p + 4 : NULL;
}

/* How many members the object has; 0: it is none. */
static unsigned members(const char *p)
{
	unsigned n = 0;

	if (*p != '{')
		return 0;
	do {
		p = skip_string(p + 1);
		if (p == NULL || *p != ':')
			return 0;
		p = skip_value(p + 1);
		n++;
	} while (p && *p == ',');
	return p && p[0] == '}' && p[1] == '\0' ? n : 0;
}

/* All names but that of the named field, and two fields of the request; the
 * five of TLS only where there is TLS. */
#define MEMBERS_TLS (LOG_FIELD_COUNT - 2 + 2)
#define MEMBERS (MEMBERS_TLS - 5)

static unsigned quotes(const char *p)
{
	unsigned n = 0;

	for (; *p; p++)
		n += *p == '"';
	return n;
}

START_TEST(every_field_has_one_source)
{
	for (unsigned i = 1; i < LOG_FIELD_COUNT; i++)
		if (i != LOG_FIELD_REQUEST)
			ck_assert((line_fields[i].text != NULL)
			    != (line_fields[i].number != NULL));
}
END_TEST

/* As many bytes as each field of TLS can have. */
static void make_secure(char byte)
{
	s.f.secure = SECURE_CLIENT;
	session.keys.version = RECORD_TLS13;
	session.cipher = 0xc02b;
	session.resumed = 1;
	session.verified = SESSION_VERIFIED;
	session.nserver = SESSION_SERVER;
	memset(session.server, byte, sizeof session.server);
}

START_TEST(the_longest_values_leave_a_line_whole)
{
	static const size_t rooms[] = {RING_LINE_MAX, LINE_SYSLOG};
	static const char bytes[] = "x\"\\\xff\x01\xc3";
	const char *byte = &bytes[_i / 2];
	size_t room = rooms[_i % 2];

	make_longest(*byte);
	ck_assert_uint_eq(members(format(FORMAT_JSON, room)), MEMBERS);
	ck_assert_uint_ge(strlen(line), room / 2);
	ck_assert_uint_eq(quotes(format(FORMAT_COMBINED, room)), 6);
	ck_assert_int_eq(line[strlen(line) - 1], '"');
	format(FORMAT_CUSTOM, room);
	ck_assert_uint_ge(strlen(line), room - 4);
	make_secure(*byte);
	ck_assert_uint_eq(members(format(FORMAT_JSON, room)), MEMBERS_TLS);
	ck_assert_uint_ge(strlen(line), room / 2);
}
END_TEST

static const char *tls_of(const char *format_of_five)
{
	static const enum conf_field fields_of_tls[] = {LOG_FIELD_TLS_VERSION,
	    LOG_FIELD_TLS_CIPHER, LOG_FIELD_TLS_RESUMED,
	    LOG_FIELD_TLS_SERVER, LOG_FIELD_TLS_VERIFIED};
	struct conf_part parts[10];
	const struct conf_access_log log = {.format = FORMAT_CUSTOM,
	    .custom = {parts, 10, {NULL, 0}}};

	for (unsigned i = 0; i < 5; i++) {
		parts[2 * i] = (struct conf_part){
		    .kind = (uint8_t)fields_of_tls[i]};
		parts[2 * i + 1] = (struct conf_part){
		    .text = slice_make(format_of_five + i, 1)};
	}
	line[line_format(&s, &log, 0, line, RING_LINE_MAX)] = '\0';
	return line;
}

START_TEST(facts_of_tls_are_told)
{
	ck_assert_str_eq(tls_of(",,,,;"), "-,-,-,-,-;");
	make_secure('a');
	session.nserver = 3;
	ck_assert_str_eq(tls_of(",,,,;"), "TLSv1.3,"
	    "ECDHE-ECDSA-AES128-GCM-SHA256,yes,aaa,yes;");
	session.keys.version = RECORD_TLS12;
	session.cipher = 0xc027;
	session.resumed = 0;
	session.nserver = 0;
	session.verified = SESSION_NOT_VERIFIED;
	ck_assert_str_eq(tls_of(",,,,;"), "TLSv1.2,0xc027,no,-,no;");
	session.verified = SESSION_NO_CERTIFICATE;
	session.nserver = 999; /* no index is trusted */
	ck_assert_str_eq(tls_of(",,,,;"), "TLSv1.2,0xc027,no,-,-;");
}
END_TEST

START_TEST(a_request_of_nothing_has_a_line)
{
	r.head.method = r.head.target = slice_make("", 0);
	r.status = 0;
	ck_assert_uint_eq(members(format(FORMAT_JSON, RING_LINE_MAX)),
	    MEMBERS);
	ck_assert_ptr_nonnull(strstr(line, "\"status\":499,"));
	ck_assert_ptr_nonnull(strstr(line, "\"t_total\":null,"));
	ck_assert_ptr_nonnull(strstr(line, "\"backend\":\"\","));
	format(FORMAT_COMBINED, RING_LINE_MAX);
	ck_assert_ptr_nonnull(strstr(line, "] \"-\" 499 0 \"-\" \"-\""));
	ck_assert_str_eq(format(FORMAT_CUSTOM, RING_LINE_MAX),
	    "-\" [-] - 499");
}
END_TEST

static const struct { const char *value, *json; } utf8[] = {
	{"a\xc3\xa4z", "a\xc3\xa4z"},
	{"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"\xc0\xaf", "\\u00c0\\u00af"}, /* too long for what it says */
	{"\xe0\x80\xaf", "\\u00e0\\u0080\\u00af"},
	{"\xf0\x80\x80\xaf", "\\u00f0\\u0080\\u0080\\u00af"},
	{"\xed\xa0\x80", "\\u00ed\\u00a0\\u0080"}, /* half of a pair */
	{"\xf4\x90\x80\x80", "\\u00f4\\u0090\\u0080\\u0080"}, /* no such */
	{"\xf5", "\\u00f5"},
	{"\xe2\x82", "\\u00e2\\u0082"}, /* its end is missing */
	{"\xe2\x82z", "\\u00e2\\u0082z"},
	{"\xc2\x9bz\xc2\xa0", "\\u009bz\xc2\xa0"}, /* a control character */
	{"\t\x7f\"\\", "\\u0009\\u007f\\\"\\\\"},
};

START_TEST(json_keeps_utf8_and_numbers_other_bytes)
{
	char want[80];

	add_field(FIELD_USER_AGENT, "User-Agent", slice_str(utf8[_i].value));
	snprintf(want, sizeof want, ",\"user_agent\":\"%s\"}",
	    utf8[_i].json);
	ck_assert_ptr_nonnull(strstr(format(FORMAT_JSON, RING_LINE_MAX),
	    want));
}
END_TEST

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

START_TEST(any_bytes_make_whole_lines)
{
	static char text[3][3000];
	uint32_t state = 2463534242u;

	for (unsigned round = 0; round < 3000; round++) {
		struct slice v[3];
		setup();
		for (unsigned i = 0; i < 3; i++) {
			uint32_t wild = random_next(&state) % 3;
			v[i] = slice_make(text[i], random_next(&state)
			    % sizeof text[i]);
			for (size_t k = 0; k < v[i].n; k++)
				text[i][k] = (char)(wild ? random_next(&state)
				    >> (wild * 8) : 'a');
		}
		r.head.target = v[0];
		add_field(FIELD_REFERER, "Referer", v[1]);
		add_field(FIELD_USER_AGENT, "User-Agent", v[2]);
		size_t room = round % 2 ? RING_LINE_MAX : LINE_SYSLOG;
		ck_assert_uint_eq(members(format(FORMAT_JSON, room)),
		    MEMBERS);
		ck_assert_uint_eq(quotes(format(FORMAT_COMBINED, room)), 6);
		format(FORMAT_CUSTOM, room);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("line");
	TCase *tc = tcase_create("line");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, every_field_has_one_source);
	tcase_add_loop_test(tc, the_longest_values_leave_a_line_whole, 0, 12);
	tcase_add_test(tc, facts_of_tls_are_told);
	tcase_add_test(tc, a_request_of_nothing_has_a_line);
	tcase_add_loop_test(tc, json_keeps_utf8_and_numbers_other_bytes, 0,
	    (int)(sizeof utf8 / sizeof utf8[0]));
	tcase_add_test(tc, any_bytes_make_whole_lines);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
