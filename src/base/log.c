/* SPDX-License-Identifier: BSD-2-Clause */
/* Six words of output: formats a line, escapes it and hands it to the sink. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *const names[] = {"error", "warn", "info", "debug"};
static enum log_level limit = LOG_LEVEL_INFO;
static log_sink *sink_now;
static void (*letter_now)(const char *text);

void log_to(log_sink *sink)
{
	sink_now = sink;
}

void log_set_level(enum log_level level)
{
	limit = level;
}

bool log_wants(enum log_level level)
{
	return level <= limit;
}

bool log_level_parse(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

const char *log_level_name(enum log_level level)
{
	return names[level];
}

/* A peer's bytes may stand in a line: no control byte gets through. */
static size_t escape(char *to, size_t room, const char *from)
{
	size_t n = 0;

	for (; *from && n + 4 < room; from++) {
		unsigned char c = (unsigned char)*from;
		if (c < 0x20 || c >= 0x7f)
			n += (size_t)snprintf(to + n, room - n, "\\x%02x", c);
		else
			to[n++] = (char)c;
	}
	to[n] = '\0';
	return n;
}

static void put(enum log_level level, const char *fmt, va_list ap)
{
	char raw[LINE_MAX_BYTES], line[LINE_MAX_BYTES];

	if (!log_wants(level))
		return;
	vsnprintf(raw, sizeof raw, fmt, ap);
	size_t n = escape(line, sizeof line, raw);
	if (sink_now)
		sink_now(level, line, n);
	else
		dprintf(STDERR_FILENO, "portico: %s%s\n",
		    level <= LOG_LEVEL_WARN ? level == LOG_LEVEL_ERR
		    ? "error: " : "warning: " : "", line);
}

#define PUT(level)                                                             \
	do {                                                                   \
		va_list ap;                                                    \
		va_start(ap, fmt);                                             \
		put(level, fmt, ap);                                           \
		va_end(ap);                                                    \
	} while (0)

void log_err(const char *fmt, ...)
{
	PUT(LOG_LEVEL_ERR);
}

void log_warn(const char *fmt, ...)
{
	PUT(LOG_LEVEL_WARN);
}

void log_info(const char *fmt, ...)
{
	PUT(LOG_LEVEL_INFO);
}

void log_debug(const char *fmt, ...)
{
	PUT(LOG_LEVEL_DEBUG);
}

void die(const char *fmt, ...)
{
	PUT(LOG_LEVEL_ERR);
	_exit(EXIT_FAILURE);
}

void log_on_panic(void (*letter)(const char *text))
{
	letter_now = letter;
}

void panic(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (letter_now)
		letter_now(text);
	log_err("panic: %s", text);
	abort();
}
