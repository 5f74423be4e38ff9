/* SPDX-License-Identifier: BSD-2-Clause */
/* What "top" shows of a look, as lines. */
#ifndef CTL_PICTURE_H
#define CTL_PICTURE_H

#include <stdio.h>

#include "ctl/look.h"

enum picture_sort { PICTURE_RATE, PICTURE_IN_FLIGHT, PICTURE_P95,
	PICTURE_ERRORS, PICTURE_SORTS };

struct picture {
	const struct look *now, *before; /* before may be NULL */
	enum picture_sort sort;
	unsigned rows, columns; /* of the terminal; 0: as many as it takes */
	bool colours;
	bool keys;         /* the last line says which there are */
	bool paused;
	const char *wrong; /* why there is nothing newer, or "" */
};

void picture_print(const struct picture *p, FILE *to);

#endif
