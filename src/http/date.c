/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats and parses dates without libc, which would ask the locale. */
#include "http/date.h"

#include <stdint.h>

#define DAY 86400
#define YEAR_LAST 9999
#define TIME_LAST 253402300799 /* the last second of YEAR_LAST */

struct moment {
	int64_t year;
	unsigned month; /* 0 to 11 */
	unsigned day;   /* 1 to 31 */
	unsigned hour, minute, second;
};

static const char weekdays[7][4] = {
	"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
};

static const struct slice long_weekdays[7] = {
	{"Sunday", 6}, {"Monday", 6}, {"Tuesday", 7}, {"Wednesday", 9},
	{"Thursday", 8}, {"Friday", 6}, {"Saturday", 8},
};

static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(int64_t year, unsigned month)
{
	static const uint8_t days[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return days[month] + (unsigned)(month == 1 && is_leap(year));
}

/* Days from year 0 to the first of January of year, in our calendar. */
static int64_t days_before(int64_t year)
{
	int64_t y = year - 1;

	return year > 0 ? 365 * year + y / 4 - y / 100 + y / 400 + 1 : 0;
}

/* Days since 1970-01-01. */
static int64_t day_number(const struct moment *m)
{
	int64_t days = days_before(m->year) - days_before(1970);
	unsigned i;

	for (i = 0; i < m->month; i++)
		days += days_in(m->year, i);
	return days + m->day - 1;
}

static void find_date(struct moment *m, int64_t days)
{
	unsigned n;

	/* Never late: no year has more than 366 days. */
	m->year = 1970 + days / 366;
	while (days_before(m->year + 1) - days_before(1970) <= days)
		m->year++;
	days -= days_before(m->year) - days_before(1970);
	for (m->month = 0; days >= (n = days_in(m->year, m->month));
	    m->month++)
		days -= n;
	m->day = (unsigned)days + 1;
}

static char *put_digits(char *to, unsigned value, unsigned digits)
{
	unsigned i;

	for (i = digits; i-- > 0; value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + digits;
}

static char *put_text(char *to, const char *text, size_t n)
{
	memcpy(to, text, n);
	return to + n;
}

void date_format(time_t t, char to[DATE_LENGTH + 1])
{
	int64_t time = t < 0 ? 0 : t > TIME_LAST ? TIME_LAST : t;
	unsigned second = (unsigned)(time % DAY);
	struct moment m;

	find_date(&m, time / DAY);
	/* The first day of 1970 was a Thursday. */
	to = put_text(to, weekdays[(time / DAY + 4) % 7], 3);
	to = put_text(to, ", ", 2);
	to = put_digits(to, m.day, 2);
	*to++ = ' ';
	to = put_text(to, months[m.month], 3);
	*to++ = ' ';
	to = put_digits(to, (unsigned)m.year, 4);
	*to++ = ' ';
	to = put_digits(to, second / 3600, 2);
	*to++ = ':';
	to = put_digits(to, second / 60 % 60, 2);
	*to++ = ':';
	to = put_digits(to, second % 60, 2);
	put_text(to, " GMT", 5);
}

/* n digits at the beginning of *s, which are cut off. */
static bool cut_digits(struct slice *s, size_t n, unsigned *out)
{
	uint64_t value;

	if (s->n < n || !slice_u64(slice_make(s->p, n), &value))
		return false;
	*out = (unsigned)value;
	*s = slice_make(s->p + n, s->n - n);
	return true;
}

/* In any case: caches are to take dates so (RFC 9111, 4.2). */
static bool cut_text(struct slice *s, struct slice text)
{
	if (s->n < text.n || !slice_caseeq(slice_make(s->p, text.n), text))
		return false;
	*s = slice_make(s->p + text.n, s->n - text.n);
	return true;
}

static bool cut_month(struct slice *s, unsigned *month)
{
	for (*month = 0; *month < 12; ++*month)
		if (cut_text(s, slice_make(months[*month], 3)))
			return true;
	return false;
}

static bool cut_weekday(struct slice *s)
{
	unsigned i;

	for (i = 0; i < 7; i++)
		if (cut_text(s, slice_make(weekdays[i], 3)))
			return true;
	return false;
}

static bool cut_long_weekday(struct slice *s)
{
	unsigned i;

	for (i = 0; i < 7; i++)
		if (cut_text(s, long_weekdays[i]))
			return true;
	return false;
}

static bool cut_clock(struct slice *s, struct moment *m)
{
	return cut_digits(s, 2, &m->hour) && cut_text(s, SLICE(":")) &&
	    cut_digits(s, 2, &m->minute) && cut_text(s, SLICE(":")) &&
	    cut_digits(s, 2, &m->second);
}

/* " 08:49:37 GMT" and nothing behind it. */
static bool cut_tail(struct slice *s, struct moment *m)
{
	return cut_text(s, SLICE(" ")) && cut_clock(s, m) &&
	    cut_text(s, SLICE(" GMT")) && s->n == 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool parse_fixed(struct slice s, struct moment *m)
{
	unsigned year;

	if (!cut_weekday(&s) || !cut_text(&s, SLICE(", ")) ||
	    !cut_digits(&s, 2, &m->day) || !cut_text(&s, SLICE(" ")) ||
	    !cut_month(&s, &m->month) || !cut_text(&s, SLICE(" ")) ||
	    !cut_digits(&s, 4, &year))
		return false;
	m->year = year;
	return cut_tail(&s, m);
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool parse_850(struct slice s, int64_t this_year, struct moment *m)
{
	unsigned year;

	if (!cut_long_weekday(&s) || !cut_text(&s, SLICE(", ")) ||
	    !cut_digits(&s, 2, &m->day) || !cut_text(&s, SLICE("-")) ||
	    !cut_month(&s, &m->month) || !cut_text(&s, SLICE("-")) ||
	    !cut_digits(&s, 2, &year))
		return false;
	m->year = this_year - this_year % 100 + 100 + year;
	while (m->year > this_year + 50)
		m->year -= 100;
	return cut_tail(&s, m);
}

/* "Sun Nov  6 08:49:37 1994" */
static bool parse_asctime(struct slice s, struct moment *m)
{
	unsigned year;

	if (!cut_weekday(&s) || !cut_text(&s, SLICE(" ")) ||
	    !cut_month(&s, &m->month) || !cut_text(&s, SLICE(" ")) ||
	    !cut_digits(&s, cut_text(&s, SLICE(" ")) ? 1 : 2, &m->day) ||
	    !cut_text(&s, SLICE(" ")) || !cut_clock(&s, m) ||
	    !cut_text(&s, SLICE(" ")) || !cut_digits(&s, 4, &year))
		return false;
	m->year = year;
	return s.n == 0;
}

/* A leap second (RFC 9110 takes 60) counts as the second before it. */
static bool is_lawful(struct moment *m)
{
	if (m->year < 0 || m->year > YEAR_LAST)
		return false;
	if (m->day < 1 || m->day > days_in(m->year, m->month))
		return false;
	if (m->hour > 23 || m->minute > 59 || m->second > 60)
		return false;
	if (m->second == 60)
		m->second = 59;
	return true;
}

bool date_parse(struct slice s, time_t now, time_t *out)
{
	struct moment m = {0}, today = {0};
	bool parsed;

	if (now < 0 || now > TIME_LAST)
		now = now < 0 ? 0 : TIME_LAST;
	find_date(&today, now / DAY);
	parsed = parse_fixed(s, &m) || parse_850(s, today.year, &m) ||
	    parse_asctime(s, &m);
	if (!parsed || !is_lawful(&m))
		return false;
	*out = (time_t)(day_number(&m) * DAY + m.hour * 3600 + m.minute * 60 +
	    m.second);
	return true;
}
