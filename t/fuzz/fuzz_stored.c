/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the cache: whatever bytes lie there, nobody reads beside them. */
/* links: worker shm net http conf base */
#include <string.h>

#include "base/log.h"
#include "worker/stored.h"
#include "worker/stored_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char asked_for[] = "GET /x?q=1 HTTP/1.1\r\nHost: a.example\r\n"
    "Accept-Encoding: gzip\r\nAccept-Language: de\r\nCookie: a=b\r\n\r\n";

static const struct request *request(void)
{
	static const struct head_limits limits = {20, 8192};
	static struct conf_listener listener;
	static struct conf_pool pool = {.name = "app"};
	static struct conf_route route = {.action = CONF_POOL,
	    .pool = &pool};
	static struct field fields[20];
	static struct request r;

	if (r.magic == 0) {
		r.magic = REQUEST_MAGIC;
		r.listener = &listener;
		r.route = &route;
		r.home = r.pool = &pool;
		r.host = SLICE("a.example");
		r.path = SLICE("/x");
		head_init(&r.head, fields, 20);
		MUST(head_parse_request(&r.head, asked_for,
		    sizeof asked_for - 1, &limits) == NULL);
	}
	return &r;
}

static void check_within(struct slice s, struct slice record)
{
	MUST(s.n == 0 || (s.p >= record.p && s.n <= record.n
	    && s.p - record.p <= (ptrdiff_t)(record.n - s.n)));
}

static void check_head(const struct stored *st, struct slice record)
{
	static struct field fields[STORED_FIELDS];
	struct head h;

	stored_head(st, &h, fields);
	MUST(h.nfields <= STORED_FIELDS);
	for (unsigned i = 0; i < h.nfields; i++) {
		check_within(h.fields[i].name, record);
		check_within(h.fields[i].value, record);
		MUST(h.fields[i].id < FIELD_KNOWN);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static char room[STORED_MOST];
	const uint32_t magic = STORED_MAGIC;
	struct slice record = {room, n < sizeof room ? n : sizeof room};
	struct ban_subject subject;
	struct stored st;

	memcpy(room, bytes, record.n);
	if (record.n >= sizeof magic)
		memcpy(room, &magic, sizeof magic);
	stored_fits(record, request());
	stored_subject(record, &subject);
	if (!stored_read(record, &st))
		return 0;
	check_within(st.host, record);
	check_within(st.target, record);
	check_within(st.tags, record);
	check_within(st.validators.etag, record);
	check_head(&st, record);
	return 0;
}
