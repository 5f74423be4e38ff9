/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal of "top": another screen, keys without Return, signals. */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* What somebody wants of us. */
enum screen_event {
	SCREEN_NOTHING,
	SCREEN_KEY,    /* screen_key() says which */
	SCREEN_RESIZED,
	SCREEN_ENDED,  /* the terminal is gone, or SIGINT */
};

/* Whether standard input and output are one. */
bool screen_is_terminal(void);

/* They must be. From now on signals wait for screen_next. */
void screen_open(void);

/* The terminal is as it was, and so are signals. */
void screen_close(void);

/* Readable when screen_next has something to say. */
int screen_wake(void);

/* Waits for milliseconds at most. Of a signal that ends or stops us it does
 * not return before that is done, with the terminal as it was. */
enum screen_event screen_next(unsigned ms);
char screen_key(void);

/* Shows the lines from the top, at most that many, and nothing else. */
void screen_draw(const char *lines, size_t n, unsigned rows);

void screen_size(unsigned *rows, unsigned *columns);

#endif
