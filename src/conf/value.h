/* SPDX-License-Identifier: BSD-2-Clause */
/* Values with units: durations, sizes, rates and percentages. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define VALUE_TEXT 32 /* enough for any value in text, with its NUL */

/* Each returns NULL, or what is wrong and would be right (a constant). */

/* "250ms", "30s", "5m", "12h", "7d", "0"; milliseconds. */
const char *value_parse_time(struct slice text, uint64_t *out);

/* "512B", "16k", "64M", "2G", "0"; bytes. */
const char *value_parse_size(struct slice text, uint64_t *out);

/* "500/s", "600/m", "0"; of a second, rounded up. */
const char *value_parse_rate(struct slice text, uint64_t *out);

/* "0%" to "100%", "0.0001%"; of a million. */
const char *value_parse_share(struct slice text, uint64_t *out);

/* In the largest unit that divides v; to has VALUE_TEXT bytes. Returns to. */
const char *value_format_time(uint64_t v, char *to);
const char *value_format_size(uint64_t v, char *to);

/* v at most a million for a share; to has VALUE_TEXT bytes. Returns to. */
const char *value_format_rate(uint64_t v, char *to);
const char *value_format_share(uint64_t v, char *to);

#endif
