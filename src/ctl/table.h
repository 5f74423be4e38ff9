/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables whose columns are as wide as what stands in them. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/slice.h"

#define TABLE_COLUMNS 12

struct table_cell {
	size_t at;      /* in text */
	unsigned n;     /* bytes */
	unsigned width; /* characters */
};

struct table {
	unsigned columns;
	bool right[TABLE_COLUMNS]; /* numbers stand at the right */
	unsigned widest[TABLE_COLUMNS]; /* characters */
	char *text;
	size_t n, room;
	struct table_cell *cells;
	unsigned ncells, cells_room;
};

/* One letter of `sides` for each column, "l" or "r"; the headings follow with
 * table_put. For table_fini. Without memory these end the program. */
void table_init(struct table *t, const char *sides);
void table_fini(struct table *t);

/* The next cell, row by row. What a terminal should not get becomes "?". */
void table_put(struct table *t, struct slice text);
void table_str(struct table *t, const char *text);
void table_number(struct table *t, int64_t n);

unsigned table_rows(const struct table *t);

/* One row without a newline, cut at `width` columns (0: not cut). A column
 * but the last is not wider than TABLE_WIDEST: what is longer is cut. */
#define TABLE_WIDEST 48
void table_row(const struct table *t, unsigned row, unsigned width, FILE *to);

/* All rows, a line each. */
void table_print(const struct table *t, FILE *to);

#endif
