/* SPDX-License-Identifier: BSD-2-Clause */
/* Six words of output, and the check that is kept in production. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

/* One line without its newline; control bytes are already escaped. */
typedef void log_sink(enum log_level level, const char *line, size_t n);

/* Where lines go; NULL is standard error. Lines above level are dropped. */
void log_to(log_sink *sink);
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);

/* "error", "warn", "info", "debug"; false if name is none of them. */
bool log_level_parse(const char *name, enum log_level *out);
const char *log_level_name(enum log_level level);

#define LOG_LIKE(f, a) __attribute__((format(printf, f, a)))

void log_err(const char *fmt, ...) LOG_LIKE(1, 2);
void log_warn(const char *fmt, ...) LOG_LIKE(1, 2);
void log_info(const char *fmt, ...) LOG_LIKE(1, 2);
void log_debug(const char *fmt, ...) LOG_LIKE(1, 2);

/* The machine or the operator failed us: logs and leaves with EXIT_FAILURE. */
_Noreturn void die(const char *fmt, ...) LOG_LIKE(1, 2);

/* A fault of our own: leaves a letter (log_on_panic), logs and aborts. */
_Noreturn void panic(const char *fmt, ...) LOG_LIKE(1, 2);
void log_on_panic(void (*letter)(const char *text));

#define MUST(cond)                                                             \
	do {                                                                   \
		if (__builtin_expect(!(cond), 0))                              \
			panic("%s:%d: %s", __FILE__, __LINE__, #cond);         \
	} while (0)

#endif
