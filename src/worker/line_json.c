/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of access logs: one JSON object (RFC 8259) each. */
#include "worker/identity.h"
#include "worker/line.h"

/* Escaped bytes of a value. Three may be long: target, Referer, User-Agent. The
 * target gets a part of what all others leave at their longest; then Referer
 * and User-Agent share what is left. */
#define WORD_MOST 96
#define METHOD_MOST 32
#define HOST_MOST 256
#define CAUSE_MOST 160
#define FIXED 1656
#define FIXED_TLS 240 /* more for a connection with TLS */
#define BEHIND 24 /* bytes of ","user_agent":""}" and some */

/* The length of the UTF-8 sequence at p (RFC 3629, 4); 0: there is none. */
static size_t sequence(const unsigned char *p, size_t n)
{
	size_t length = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3
	    : p[0] < 0xf5 ? 4 : 0;

	if (length == 0 || n < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
	    || (p[0] == 0xf0 && p[1] < 0x90)
	    || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return length;
}

struct unit {
	char text[6];
	size_t n;    /* bytes of it */
	size_t used; /* bytes of the value */
};

/* "\u00XX": control bytes, and bytes that are no UTF-8, each as the character
 * of its number. */
static struct unit numbered(unsigned char c, size_t used)
{
	static const char digits[] = "0123456789abcdef";

	return (struct unit){{'\\', 'u', '0', '0', digits[c >> 4],
	    digits[c & 15]}, 6, used};
}

/* What stands for the character at p, which is not plain. */
static struct unit escape(const unsigned char *p, size_t n)
{
	struct unit u = {{'\\', (char)p[0]}, 2, 1};

	if (p[0] == '"' || p[0] == '\\')
		return u;
	u.n = u.used = sequence(p, n);
	if (u.n == 0)
		return numbered(p[0], 1);
	if (p[0] == 0xc2 && p[1] < 0xa0) /* control characters too */
		return numbered(p[1], 2);
	memcpy(u.text, p, u.n);
	return u;
}

static void put_string(struct buf *b, struct slice v, size_t most)
{
	if (v.n == 0)
		v.p = "";
	BUF_LIT(b, "\"");
	for (size_t i = 0;;) {
		size_t left = v.n - i;
		size_t n = line_plain(v.p + i, left < most ? left : most);
		buf_put(b, v.p + i, n);
		i += n;
		most -= n;
		if (i == v.n)
			break;
		struct unit u = escape((const unsigned char *)v.p + i,
		    v.n - i);
		if (u.n > most)
			break;
		buf_put(b, u.text, u.n);
		i += u.used;
		most -= u.n;
	}
	BUF_LIT(b, "\"");
}

static void put_number(struct buf *b, int64_t n)
{
	if (n < 0)
		BUF_LIT(b, "null");
	else
		buf_u64(b, (uint64_t)n);
}

static size_t most_of(unsigned field, size_t shared)
{
	switch (field) {
	case LOG_FIELD_METHOD:
		return METHOD_MOST;
	case LOG_FIELD_HOST:
		return HOST_MOST;
	case LOG_FIELD_CAUSE:
		return CAUSE_MOST;
	case LOG_FIELD_TARGET:
		return shared * 2 / 5;
	default:
		return WORD_MOST;
	}
}

static void put_field(const struct stride *s, uint64_t now, unsigned n,
    struct buf *b, size_t shared)
{
	/* with the comma behind the member before */
	static const struct slice keys[LOG_FIELD_COUNT] = {
#define LOG_FIELD(name, text, form, doc)                                       \
	[LOG_FIELD_##name] = {",\"" text "\":", sizeof(",\"" text "\":") - 1},
#include "conf/log_fields.def"
#undef LOG_FIELD
	};
	const struct line_field *f = &line_fields[n];
	char room[LINE_TEXT];

	buf_slice(b, keys[n]);
	if (f->text)
		put_string(b, f->text(s, room), most_of(n, shared));
	else
		put_number(b, f->number(s, now));
}

static bool is_of_tls(unsigned n)
{
	return n >= LOG_FIELD_TLS_VERSION && n <= LOG_FIELD_TLS_VERIFIED;
}

void line_json(const struct stride *s, uint64_t now, struct buf *b)
{
	const struct head *h = &s->r->head;
	bool tls = identity_session(s) != NULL;
	size_t shared = (size_t)(b->end - b->start) - FIXED
	    - (tls ? FIXED_TLS : 0);

	for (unsigned n = 1; n < LOG_FIELD_COUNT; n++)
		if ((line_fields[n].text || line_fields[n].number)
		    && (tls || !is_of_tls(n)))
			put_field(s, now, n, b, shared);
	*b->start = '{';
	BUF_LIT(b, ",\"referer\":");
	put_string(b, head_value(h, FIELD_REFERER),
	    line_left(b, BEHIND) / 2);
	BUF_LIT(b, ",\"user_agent\":");
	put_string(b, head_value(h, FIELD_USER_AGENT), line_left(b, 3));
	BUF_LIT(b, "}");
}
