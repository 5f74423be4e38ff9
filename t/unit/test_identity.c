/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a client is, whose a host is, and where https is. */
/* links: worker shm net http conf base */
#include "worker/identity.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/field.h"
#include "shm/slot.h"
#include "worker/redirect.h"
#include "worker/worker.h"

static struct conn row;
static struct session session;
static struct conf_listener listeners[3];
static struct conf conf = {.listeners = listeners, .nlisteners = 3};
static struct request r;
static struct stride s = {.c = &row, .r = &r};
static struct conf_listener *const tls = &listeners[0];
static uint32_t page;

static void begin(void)
{
	static bool made;

	if (!made) {
		ck_assert(slots_create());
		ck_assert(pages_create(&pages, 4 << 20));
		slot_enter(1);
		lobby.rows = &row;
		lobby.sessions = &session;
		page = page_take(PAGE_IS_SMALL, 0, 0);
		made = true;
	}
	worker_conf = &conf;
	memset(&r, 0, sizeof r);
	memset(listeners, 0, sizeof listeners);
	tls->tls.on = true;
	r.listener = tls;
	s.f.secure = SECURE_CLIENT;
	s.f.facts = 0;
	session.nserver = 0;
}

static void know(const char *facts)
{
	s.f.facts = page;
	strcpy(page_at(page), facts);
}

static bool fits(const char *host)
{
	r.host = slice_str(host);
	return identity_fits_host(&s);
}

START_TEST(only_who_is_strict_asks_for_the_host)
{
	ck_assert(fits("other.example"));
	tls->tls.strict_sni = true;
	ck_assert(!fits("other.example"));
	tls->tls.strict_sni = false;
	tls->tls.verify_client = VERIFY_OPTIONAL;
	ck_assert(!fits("other.example"));
	s.f.secure = 0;
	ck_assert(fits("other.example"));
}
END_TEST

START_TEST(a_host_fits_the_name_asked_for_or_the_certificate)
{
	tls->tls.strict_sni = true;
	session.nserver = 12;
	memcpy(session.server, "shop.example", 12);
	ck_assert(!fits("shop.example")); /* who lost its facts */
	know("\n");
	ck_assert(fits("shop.example"));
	ck_assert(!fits("shop.exampl"));
	ck_assert(!fits(""));
	know("a.example *.b.example\n");
	ck_assert(fits("shop.example"));
	ck_assert(fits("a.example"));
	ck_assert(fits("x.b.example"));
	ck_assert(!fits("x.y.b.example"));
	ck_assert(!fits("b.example"));
	ck_assert(!fits(".b.example"));
	ck_assert(!fits("x.a.example"));
	ck_assert(!fits("*.b.example.x"));
	ck_assert(!fits(""));
	know("\nX-SSL-Client-Verify: a.example\n");
	ck_assert(!fits("a.example"));
	session.nserver = 0;
	ck_assert(!fits("shop.example"));
	session.nserver = 999;
	ck_assert(!fits("shop.example"));
}
END_TEST

START_TEST(lines_for_the_backend_are_cut)
{
	struct slice rest, line;

	rest = identity_lines(&s);
	ck_assert(!identity_next(&rest, &line));
	know("a.example\n");
	rest = identity_lines(&s);
	ck_assert(!identity_next(&rest, &line));
	know("a.example\nA: b\nC: d\n");
	rest = identity_lines(&s);
	ck_assert(identity_next(&rest, &line));
	ck_assert(slice_eq(line, SLICE("A: b")));
	ck_assert(identity_next(&rest, &line));
	ck_assert(slice_eq(line, SLICE("C: d")));
	ck_assert(!identity_next(&rest, &line));
}
END_TEST

START_TEST(names_of_identity_are_known_in_any_case)
{
	static const char *const names[] = {"X-SSL-Client-Verify", "x-ssl-a",
	    "X-SSL-", "CLIENT-CERT", "client-cert-chain"};
	static const char *const others[] = {"X-SSL", "X-SSLA-B", "Client-Cer",
	    "Client-Certs", "Client-Cert-Chain-", "X", ""};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert(field_is_identity(slice_str(names[i])));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert(!field_is_identity(slice_str(others[i])));
}
END_TEST

/* Reads a whole head, and says what becomes of it at a redirecting listener. */
static const char *redirected(const char *head)
{
	static char memory[16384], to[4096];
	static struct field fields[20];
	const struct head_limits limits = {20, 4096};
	struct buf b;

	memset(&r, 0, sizeof r);
	head_init(&r.head, fields, 20);
	ck_assert_ptr_null(head_parse_request(&r.head, head, strlen(head),
	    &limits));
	r.listener = &listeners[1];
	listeners[1].redirect_https = true;
	arena_init(&r.arena, memory, sizeof memory);
	const struct refusal *no = request_read(&r);
	ck_assert_msg(no == NULL, "%s", no ? no->why : "");
	if (!redirect_is_due(&r))
		return "no";
	buf_init(&b, to, sizeof to - 1);
	redirect_put(&b, &r);
	to[buf_length(&b)] = '\0';
	return to;
}

#define HEAD(line) line " HTTP/1.1\r\nHost: Shop.example:8080\r\n\r\n"

START_TEST(every_request_is_sent_to_https)
{
	static const struct { const char *head, *to; } all[] = {
	    {HEAD("GET /a?b=c"), "https://shop.example/a?b=c"},
	    {HEAD("POST /"), "https://shop.example/"},
	    {HEAD("BREW /x%20y?"), "https://shop.example/x%20y"},
	    {HEAD("OPTIONS *"), "https://shop.example/"},
	    {HEAD("GET https://shop.example:8080/a"), "https://shop.example/a"},
	    {"GET http://x.example?q HTTP/1.0\r\n\r\n",
		"https://x.example/?q"},
	    {"GET //e.example/ HTTP/1.0\r\nHost: [::1]\r\n\r\n",
		"https://[::1]//e.example/"},
	    {HEAD("GET /.well-known/acme-challenge/x"), "no"},
	    {HEAD("HEAD /.well-known/acme-challenge/a/b?c"), "no"},
	    {HEAD("GET http://shop.example:8080/.well-known/acme-challenge/x"),
		"no"},
	    {HEAD("POST /.well-known/acme-challenge/x"),
		"https://shop.example/.well-known/acme-challenge/x"},
	    {HEAD("GET /.well-known/acme-challenge"),
		"https://shop.example/.well-known/acme-challenge"},
	    {HEAD("GET /.well-known/acme-challengex/"),
		"https://shop.example/.well-known/acme-challengex/"},
	    {HEAD("GET /.well-known/acme-challenge/../../admin"),
		"https://shop.example/.well-known/acme-challenge/../../admin"},
	    {HEAD("GET /admin/../.well-known/acme-challenge/x"),
		"https://shop.example/admin/../.well-known/acme-challenge/x"},
	    {HEAD("GET /.well-known/acme-challenge/%2e%2e/x"),
		"https://shop.example/.well-known/acme-challenge/%2e%2e/x"},
	};
	ck_assert_str_eq(redirected(all[_i].head), all[_i].to);
}
END_TEST

START_TEST(a_port_is_named_if_no_listener_has_the_usual_one)
{
	struct addr at[2];

	memset(at, 0, sizeof at);
	at[0].len = at[1].len = sizeof at[0].in;
	at[0].in.sin_family = at[1].in.sin_family = AF_INET;
	at[0].in.sin_port = htons(8443);
	at[1].in.sin_port = htons(443);
	tls->addresses = at;
	tls->naddresses = 1;
	ck_assert_str_eq(redirected(HEAD("GET /a")),
	    "https://shop.example:8443/a");
	tls->naddresses = 2;
	ck_assert_str_eq(redirected(HEAD("GET /a")), "https://shop.example/a");
}
END_TEST

START_TEST(what_a_client_says_of_itself_is_not_there)
{
	redirected("GET / HTTP/1.1\r\nHost: a\r\nX-Other: 1\r\n"
	    "x-ssl-client-verify: SUCCESS\r\nClient-Cert: :YQ==:\r\n\r\n");
	ck_assert_ptr_null(head_find_name(&r.head,
	    SLICE("X-SSL-Client-Verify")));
	ck_assert_ptr_null(head_find_name(&r.head, SLICE("Client-Cert")));
	ck_assert_ptr_nonnull(head_find_name(&r.head, SLICE("X-Other")));
	ck_assert(r.head.fields[2].flags & FIELD_DROP);
	ck_assert(r.head.fields[3].flags & FIELD_DROP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identity");
	TCase *t = tcase_create("identity");

	tcase_add_checked_fixture(t, begin, NULL);
	tcase_add_test(t, only_who_is_strict_asks_for_the_host);
	tcase_add_test(t, a_host_fits_the_name_asked_for_or_the_certificate);
	tcase_add_test(t, lines_for_the_backend_are_cut);
	tcase_add_test(t, names_of_identity_are_known_in_any_case);
	tcase_add_loop_test(t, every_request_is_sent_to_https, 0, 16);
	tcase_add_test(t, a_port_is_named_if_no_listener_has_the_usual_one);
	tcase_add_test(t, what_a_client_says_of_itself_is_not_there);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
