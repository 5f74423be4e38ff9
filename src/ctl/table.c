/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables whose columns are as wide as what stands in them. */
#include "ctl/table.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "ctl/utf8.h"

#define GAP 2
#define CELL_MOST 4096 /* bytes */

void table_init(struct table *t, const char *sides)
{
	memset(t, 0, sizeof *t);
	t->columns = (unsigned)strlen(sides);
	MUST(t->columns > 0 && t->columns <= TABLE_COLUMNS);
	for (unsigned i = 0; i < t->columns; i++)
		t->right[i] = sides[i] == 'r';
}

void table_fini(struct table *t)
{
	free(t->text);
	free(t->cells);
}

static void make_room(struct table *t, size_t bytes)
{
	if (t->n + bytes > t->room) {
		t->room = 2 * (t->n + bytes);
		t->text = realloc(t->text, t->room);
	}
	if (t->ncells == t->cells_room) {
		t->cells_room = t->cells_room ? 2 * t->cells_room : 256;
		t->cells = reallocarray(t->cells, t->cells_room,
		    sizeof *t->cells);
	}
	if (t->text == NULL || t->cells == NULL)
		die("out of memory");
}

void table_put(struct table *t, struct slice s)
{
	unsigned *widest = &t->widest[t->ncells % t->columns];
	struct table_cell *cell;

	if (s.n > CELL_MOST)
		s.n = CELL_MOST;
	make_room(t, s.n + 1);
	cell = &t->cells[t->ncells++];
	*cell = (struct table_cell){.at = t->n};
	while (s.n > 0) {
		size_t n = utf8_first_plain(s);

		if (n)
			memcpy(t->text + t->n, s.p, n);
		else
			t->text[t->n] = '?';
		n = n ? n : 1;
		t->n += n;
		cell->n += (unsigned)n;
		cell->width++;
		s = slice_make(s.p + n, s.n - n);
	}
	if (cell->width > *widest)
		*widest = cell->width;
}

void table_str(struct table *t, const char *text)
{
	table_put(t, slice_str(text));
}

void table_number(struct table *t, int64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, n);
	table_str(t, text);
}

unsigned table_rows(const struct table *t)
{
	return t->ncells / t->columns;
}

static unsigned width_of(const struct table *t, unsigned column)
{
	unsigned widest = t->widest[column];

	return column + 1 < t->columns && widest > TABLE_WIDEST
	    ? TABLE_WIDEST : widest;
}

/* Of the cell's characters as many as fit. */
static unsigned put_cut(const struct table *t, const struct table_cell *cell,
    unsigned width, FILE *to)
{
	struct slice s = {t->text + cell->at, cell->n};
	unsigned done = 0;

	for (; s.n > 0 && done < width; done++) {
		size_t n = utf8_first(s);

		fwrite(s.p, 1, n, to);
		s = slice_make(s.p + n, s.n - n);
	}
	return done;
}

static void put_blanks(unsigned n, FILE *to)
{
	fprintf(to, "%*s", (int)n, "");
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

void table_row(const struct table *t, unsigned row, unsigned width, FILE *to)
{
	unsigned left = width ? width : UINT32_MAX;
	unsigned blanks = 0; /* due before the next text */

	for (unsigned i = 0; i < t->columns; i++) {
		const struct table_cell *cell =
		    &t->cells[row * t->columns + i];
		unsigned wide = width_of(t, i);
		unsigned text = least(cell->width, wide);
		unsigned before = t->right[i] ? wide - text : 0;

		blanks += (i ? GAP : 0) + before;
		if (text > 0) {
			if (blanks >= left)
				return;
			put_blanks(blanks, to);
			left -= blanks;
			left -= put_cut(t, cell, least(text, left), to);
			blanks = 0;
		}
		blanks += wide - text - before;
	}
}

void table_print(const struct table *t, FILE *to)
{
	for (unsigned i = 0; i < table_rows(t); i++) {
		table_row(t, i, 0, to);
		putc('\n', to);
	}
}
