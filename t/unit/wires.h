/* SPDX-License-Identifier: BSD-2-Clause */
/* A row whose client speaks in records, and that client, by hand. */
#ifndef UNIT_WIRES_H
#define UNIT_WIRES_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shm/lobby.h"
#include "shm/pages.h"
#include "shm/slot.h"
#include "worker/secure.h"

#define WIRES_SLOT 3
#define WIRES_ROWS 64
#define WIRES_PAGES (4u << 20)

static struct stride wires;          /* of the worker */
static int wires_fd;                 /* of the peer */
static struct record_keys wires_keys; /* of the peer */
static uint64_t wires_rseq, wires_wseq;
static uint8_t wires_rkey, wires_wkey;

static inline void wires_connect(int *near, int *far)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int l = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(l, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(getsockname(l, (struct sockaddr *)&at, &n), 0);
	*far = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(*far, (struct sockaddr *)&at, n), 0);
	*near = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(*near, 0);
	setsockopt(*far, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	close(l);
}

/* What a gate would have found out: the peer's keys are the other way round. */
static inline void wires_make_keys(struct record_keys *k, uint16_t version)
{
	uint8_t ours[48], theirs[48], random[2][32];

	memset(ours, 1, sizeof ours);
	memset(theirs, 2, sizeof theirs);
	memset(random[0], 3, sizeof random[0]);
	memset(random[1], 4, sizeof random[1]);
	*k = wires_keys = (struct record_keys){.version = version,
	    .suite = RECORD_AES_128_GCM, .secret_bytes = 32};
	if (version == RECORD_TLS13) {
		ck_assert(record_keys_13(k, theirs, ours));
		ck_assert(record_keys_13(&wires_keys, ours, theirs));
	} else {
		ck_assert(record_keys_12(k, ours, random[0], random[1],
		    true));
		ck_assert(record_keys_12(&wires_keys, ours, random[0],
		    random[1], false));
	}
}

/* Begins a stride with what the row's flow says. */
static inline void wires_stride(void)
{
	struct conn *c = wires.c;

	memset(&wires, 0, sizeof wires);
	wires.c = c;
	conn_copy_flow(&wires.f, conn_flow(c));
}

static inline void wires_open(uint16_t version)
{
	static struct arrival a;
	static const struct lobby_listener l = {.index = 0};
	int near;

	ck_assert(record_init());
	ck_assert(slots_create());
	ck_assert(lobby_create(&lobby, WIRES_ROWS));
	ck_assert(pages_create(&pages, WIRES_PAGES));
	slot_enter(WIRES_SLOT);
	wires_connect(&near, &wires_fd);
	memset(&a, 0, sizeof a);
	a.kind = ARRIVAL_CLIENT;
	wires_make_keys(&a.session.keys, version);
	wires_rseq = wires_wseq = wires_rkey = wires_wkey = 0;
	a.from.sa.sa_family = AF_INET;
	wires.c = lobby_hang_arrival(near, &l, &a);
	ck_assert_ptr_nonnull(wires.c);
	wires_stride();
}

/* All that the row had is given back. */
static inline void wires_close(void)
{
	struct session none = {0};
	unsigned row = lobby_row(wires.c);

	secure_drop(&wires, SIDE_CLIENT);
	stride_publish(&wires);
	ck_assert_uint_eq(pages_in_use(), 0);
	lobby_close(wires.c);
	ck_assert_mem_eq(&lobby.sessions[row], &none, sizeof none);
	close(wires_fd);
	area_close(&pages.area);
	area_close(&lobby.area);
	area_close(&slots.area);
}

static inline struct secure *wires_side(void)
{
	return &wires.f.side[SIDE_CLIENT];
}

/* ---- The peer ---- */

static inline size_t wires_seal(char *to, enum record_type type,
    const void *p, size_t n)
{
	struct iovec v = {(void *)p, n};
	size_t k = record_seal(&wires_keys, &wires_keys.write[wires_wkey],
	    wires_wseq++, type, &v, 1, to);

	ck_assert_uint_gt(k, 0);
	return k;
}

static inline void wires_send(enum record_type type, const void *p, size_t n)
{
	char wire[RECORD_WIRE];
	size_t k = wires_seal(wire, type, p, n);

	ck_assert_int_eq(send(wires_fd, wire, k, 0), (ssize_t)k);
}

static inline void wires_say(const char *text)
{
	wires_send(RECORD_DATA, text, strlen(text));
}

static inline void wires_next_read(void)
{
	ck_assert(record_next(&wires_keys, &wires_keys.read[wires_rkey],
	    &wires_keys.read[!wires_rkey]));
	wires_rkey = !wires_rkey;
	wires_rseq = 0;
}

static inline void wires_next_write(void)
{
	ck_assert(record_next(&wires_keys, &wires_keys.write[wires_wkey],
	    &wires_keys.write[!wires_wkey]));
	wires_wkey = !wires_wkey;
	wires_wseq = 0;
}

/* One record of ours, opened: its length and type. */
static inline size_t wires_take(char *to, enum record_type *type)
{
	char wire[RECORD_WIRE];
	enum record_alert alert;
	size_t length, n;

	ck_assert_int_eq(recv(wires_fd, wire, RECORD_HEAD, MSG_WAITALL),
	    RECORD_HEAD);
	record_look(&wires_keys, wire, RECORD_HEAD, &length, &alert);
	ck_assert_int_eq(recv(wires_fd, wire + RECORD_HEAD, length
	    - RECORD_HEAD, MSG_WAITALL), (ssize_t)(length - RECORD_HEAD));
	ck_assert_int_eq(record_open(&wires_keys,
	    &wires_keys.read[wires_rkey], wires_rseq++, wire, length, to,
	    type, &n, &alert), RECORD_FINE);
	return n;
}

static inline void wires_expect(enum record_type type, const void *p, size_t n)
{
	static char got[RECORD_WIRE];
	enum record_type is;

	ck_assert_uint_eq(wires_take(got, &is), n);
	ck_assert_int_eq(is, type);
	ck_assert_mem_eq(got, p, n);
}

static inline void wires_expect_alert(unsigned level, enum record_alert alert)
{
	uint8_t text[2] = {(uint8_t)level, (uint8_t)alert};

	wires_expect(RECORD_ALERT, text, sizeof text);
}

/* ---- The worker ---- */

static inline enum io wires_receive(char *to, size_t room, size_t *n)
{
	stride_publish(&wires);
	return secure_receive(&wires, SIDE_CLIENT, to, room, n);
}

/* What was sent may be on its way still. */
static inline enum io wires_receive_soon(char *to, size_t room, size_t *n)
{
	struct pollfd p = {(int)lobby_row(wires.c), POLLIN, 0};
	enum io io = wires_receive(to, room, n);

	while (io == IO_WAIT && poll(&p, 1, 1000) > 0)
		io = wires_receive(to, room, n);
	return io;
}

/* The text that comes next, and nothing behind it. */
static inline void wires_expect_text(const char *text)
{
	char got[RECORD_WIRE];
	size_t n, have = 0, want = strlen(text);

	while (have < want) {
		ck_assert_int_eq(wires_receive_soon(got + have, sizeof got
		    - have, &n), IO_OK);
		have += n;
	}
	ck_assert_uint_eq(have, want);
	ck_assert_mem_eq(got, text, want);
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_WAIT);
	ck_assert_uint_eq(n, 0);
}

static inline enum io wires_receive_all(void)
{
	char got[RECORD_WIRE];
	size_t n;
	enum io io;

	for (int i = 0; i < 1000; i++)
		if ((io = wires_receive_soon(got, sizeof got, &n)) != IO_OK)
			return io;
	ck_abort_msg("no end");
	return IO_OK;
}

#endif
