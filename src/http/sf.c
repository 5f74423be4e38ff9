/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads structured fields without a copy: each call cuts one piece off. */
#include "http/sf.h"

#include "http/token.h"

#define INTEGER_DIGITS 15
#define WHOLE_DIGITS 12 /* of a decimal, before its point */
#define PART_DIGITS 3   /* behind it */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alpha(char c)
{
	return is_lower(ascii_lower(c));
}

static bool is_digit(char c)
{
	return token_has(c, TOKEN_DIGIT);
}

static void skip(struct slice *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static void skip_spaces(struct slice *s)
{
	while (s->n > 0 && s->p[0] == ' ')
		skip(s, 1);
}

static void skip_blanks(struct slice *s)
{
	while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		skip(s, 1);
}

static bool skip_char(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	skip(s, 1);
	return true;
}

/* Cuts the first n bytes off. */
static struct slice cut(struct slice *s, size_t n)
{
	struct slice head = slice_make(s->p, n);

	skip(s, n);
	return head;
}

static size_t count_digits(struct slice s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

static bool cut_number(struct slice *s, struct sf_item *item)
{
	bool minus = skip_char(s, '-');
	size_t whole = count_digits(*s), part;
	uint64_t value;

	item->type = SF_INTEGER;
	if (whole > INTEGER_DIGITS)
		return false;
	if (!slice_u64(cut(s, whole), &value))
		return false;
	item->integer = minus ? -(int64_t)value : (int64_t)value;
	if (!skip_char(s, '.'))
		return true;
	item->type = SF_DECIMAL;
	part = count_digits(*s);
	skip(s, part);
	return whole <= WHOLE_DIGITS && part > 0 && part <= PART_DIGITS;
}

static bool cut_string(struct slice *s, struct sf_item *item)
{
	size_t i;

	item->type = SF_STRING;
	for (i = 1; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] < 0x20 || s->p[i] > 0x7e)
			return false;
		if (s->p[i] != '\\')
			continue;
		if (++i == s->n || (s->p[i] != '"' && s->p[i] != '\\'))
			return false;
	}
	if (i >= s->n)
		return false;
	item->text = slice_make(s->p + 1, i - 1);
	skip(s, i + 1);
	return true;
}

static bool cut_token(struct slice *s, struct sf_item *item)
{
	size_t n = 1;

	while (n < s->n && (token_has(s->p[n], TOKEN_TCHAR) ||
	    s->p[n] == ':' || s->p[n] == '/'))
		n++;
	item->type = SF_TOKEN;
	item->text = cut(s, n);
	return true;
}

static bool is_base64(char c)
{
	return is_alpha(c) || is_digit(c) || c == '+' || c == '/';
}

/* Padding may be missing (RFC 8941, 4.2.7), but stands at the end alone. */
static bool cut_bytes(struct slice *s, struct sf_item *item)
{
	size_t n = 1, signs, padded;

	while (n < s->n && is_base64(s->p[n]))
		n++;
	signs = n - 1;
	while (n < s->n && s->p[n] == '=')
		n++;
	padded = n - 1;
	if (n == s->n || s->p[n] != ':' || signs % 4 == 1)
		return false;
	if (padded > signs && (padded % 4 != 0 || padded - signs > 2))
		return false;
	item->type = SF_BYTES;
	item->text = slice_make(s->p + 1, padded);
	skip(s, n + 1);
	return true;
}

static bool cut_boolean(struct slice *s, struct sf_item *item)
{
	if (s->n < 2 || (s->p[1] != '0' && s->p[1] != '1'))
		return false;
	item->type = SF_BOOLEAN;
	item->integer = s->p[1] == '1';
	skip(s, 2);
	return true;
}

static bool cut_bare(struct slice *s, struct sf_item *item)
{
	*item = (struct sf_item){0};
	if (s->n == 0)
		return false;
	switch (s->p[0]) {
	case '"':
		return cut_string(s, item);
	case ':':
		return cut_bytes(s, item);
	case '?':
		return cut_boolean(s, item);
	default:
		if (s->p[0] == '-' || is_digit(s->p[0]))
			return cut_number(s, item);
		return (s->p[0] == '*' || is_alpha(s->p[0])) &&
		    cut_token(s, item);
	}
}

static bool cut_key(struct slice *s, struct slice *key)
{
	size_t n = 0;

	if (s->n == 0 || (s->p[0] != '*' && !is_lower(s->p[0])))
		return false;
	while (n < s->n && (is_lower(s->p[n]) || is_digit(s->p[n]) ||
	    (s->p[n] != '\0' && strchr("_-.*", s->p[n]))))
		n++;
	*key = cut(s, n);
	return true;
}

/* What has no value is true. */
static void set_true(struct sf_item *item)
{
	*item = (struct sf_item){.type = SF_BOOLEAN, .integer = 1};
}

/* One parameter behind its ';'. */
static bool cut_parameter(struct slice *s, struct slice *key,
    struct sf_item *item)
{
	skip_spaces(s);
	if (!cut_key(s, key))
		return false;
	set_true(item);
	return !skip_char(s, '=') || cut_bare(s, item);
}

static bool cut_parameters(struct slice *s, struct slice *all)
{
	const char *from = s->p;
	struct sf_item item;
	struct slice key;

	while (skip_char(s, ';'))
		if (!cut_parameter(s, &key, &item))
			return false;
	*all = slice_make(from, (size_t)(s->p - from));
	return true;
}

static bool cut_item(struct slice *s, struct sf_item *item)
{
	return cut_bare(s, item) && cut_parameters(s, &item->params);
}

/* Looks at all of an inner list, the bracket of which is behind us. */
static bool cut_inner(struct slice *s, struct sf_item *item)
{
	const char *from = s->p;
	struct sf_item inner;

	for (;;) {
		skip_spaces(s);
		if (skip_char(s, ')'))
			break;
		if (!cut_item(s, &inner))
			return false;
		if (s->n == 0 || (s->p[0] != ' ' && s->p[0] != ')'))
			return false;
	}
	*item = (struct sf_item){.type = SF_INNER_LIST,
	    .text = slice_make(from, (size_t)(s->p - from) - 1)};
	return cut_parameters(s, &item->params);
}

static bool cut_value(struct slice *s, struct sf_item *item)
{
	return skip_char(s, '(') ? cut_inner(s, item) : cut_item(s, item);
}

/* The comma behind a member, and no comma behind the last one. */
static bool cut_comma(struct slice *s)
{
	skip_blanks(s);
	if (s->n == 0)
		return true;
	if (!skip_char(s, ','))
		return false;
	skip_blanks(s);
	return s->n > 0;
}

static bool cut_member(struct slice *s, struct slice *key,
    struct sf_item *item)
{
	if (!cut_key(s, key))
		return false;
	if (skip_char(s, '='))
		return cut_value(s, item);
	set_true(item);
	return cut_parameters(s, &item->params);
}

bool sf_next_member(struct slice *rest, struct slice *key,
    struct sf_item *item, bool *bad)
{
	*bad = false;
	skip_spaces(rest);
	if (rest->n == 0)
		return false;
	*bad = !cut_member(rest, key, item) || !cut_comma(rest);
	return !*bad;
}

bool sf_next_item(struct slice *rest, struct sf_item *item, bool *bad)
{
	*bad = false;
	skip_spaces(rest);
	if (rest->n == 0)
		return false;
	*bad = !cut_value(rest, item) || !cut_comma(rest);
	return !*bad;
}

bool sf_next_inner(struct slice *rest, struct sf_item *item, bool *bad)
{
	*bad = false;
	skip_spaces(rest);
	if (rest->n == 0)
		return false;
	*bad = !cut_item(rest, item) || (rest->n > 0 && rest->p[0] != ' ');
	return !*bad;
}

bool sf_next_parameter(struct slice *rest, struct slice *key,
    struct sf_item *item, bool *bad)
{
	*bad = false;
	if (rest->n == 0)
		return false;
	*bad = !skip_char(rest, ';') || !cut_parameter(rest, key, item);
	return !*bad;
}

size_t sf_unescape(struct slice text, char *to, size_t room)
{
	size_t i, n = 0;

	for (i = 0; i < text.n && n < room; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n)
			i++;
		to[n++] = text.p[i];
	}
	return n;
}
