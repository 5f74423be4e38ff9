/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 in texts of strangers: what of it is lawful (RFC 3629). */
#include "ctl/utf8.h"

/* The least and the greatest second byte: no other may be overlong, a
 * surrogate, or above U+10FFFF. */
static const struct lead {
	unsigned char from, to;
	unsigned char length;
	unsigned char least, greatest;
} leads[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf},
	{0xe0, 0xe0, 3, 0xa0, 0xbf},
	{0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f},
	{0xee, 0xef, 3, 0x80, 0xbf},
	{0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf},
	{0xf4, 0xf4, 4, 0x80, 0x8f},
};

static size_t measure(const struct lead *lead, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.p;

	if (text.n < lead->length || p[1] < lead->least
	    || p[1] > lead->greatest)
		return 0;
	for (size_t i = 2; i < lead->length; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return lead->length;
}

size_t utf8_first(struct slice text)
{
	unsigned char c;

	if (text.n == 0)
		return 0;
	c = (unsigned char)text.p[0];
	if (c < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
		if (c >= leads[i].from && c <= leads[i].to)
			return measure(&leads[i], text);
	return 0;
}

size_t utf8_first_plain(struct slice text)
{
	size_t n = utf8_first(text);
	unsigned char c;

	if (n == 0)
		return 0;
	c = (unsigned char)text.p[0];
	if (c < 0x20 || c == 0x7f)
		return 0;
	/* U+0080 to U+009F: terminals take them for commands, too. */
	if (c == 0xc2 && (unsigned char)text.p[1] < 0xa0)
		return 0;
	return n;
}
