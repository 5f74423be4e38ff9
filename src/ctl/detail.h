/* SPDX-License-Identifier: BSD-2-Clause */
/* One backend with all that is known of it, and words about backends. */
#ifndef CTL_DETAIL_H
#define CTL_DETAIL_H

#include "ctl/status.h"

/* Prints what is known of each member that `name` means. */
void detail_print(const struct status_pool *p, struct slice name);

/* "3m ago: why": the last change of its state; "" if there was none. */
void detail_change(char *to, size_t room, const struct status_backend *b,
    int64_t now);

/* "pool/name", as much of it as fits. */
void detail_of(char *to, size_t room, struct slice pool, struct slice name);

/* "; did you mean ...", or "". It lives until the next call. */
const char *detail_near_pool(const struct status *s, struct slice name);
const char *detail_near_backend(const struct status_pool *p,
    struct slice name);

#endif
