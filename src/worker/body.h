/* SPDX-License-Identifier: BSD-2-Clause */
/* A request's body on its way from the client into the chain flow.body. */
#ifndef WORKER_BODY_H
#define WORKER_BODY_H

#include "net/stream.h"
#include "worker/request.h"

/* Of the row's pages, what a body may fill before it is streamed. */
#define BODY_PAGES 10

/* Some of it is on its way to a backend already. */
bool body_is_streaming(const struct stride *s);

/* A page at the end of the body; false: the body's share is used up, or no
 * page is left at all. */
bool body_add_page(struct stride *s);

/* n bytes of s->f.in have been used. */
void body_use_in(struct stride *s, size_t n);

/* Receives more of the body, of which nothing is kept. IO_OK: there is some to
 * send, or all of it is here; IO_END: no page is left; IO_BROKEN: no more will
 * come, or it is not lawful: *cause. */
enum io body_receive(struct stride *s, enum cause *cause);

#endif
