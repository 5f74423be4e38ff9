/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions of the configuration, run on what clients send. */
#ifndef WORKER_REGEX_H
#define WORKER_REGEX_H

#include "worker/request.h"

/* FAILED: it took too long; it might be one that denies. */
enum match { NO, YES, FAILED };

/* Bounded in steps and depth. groups may be NULL; s is at most 64 KB. */
enum match regex_run(const struct conf_regex *re, struct slice s,
    struct captures *groups);

/* Group n of a match in s; empty if it took no part. */
struct slice regex_group(const struct captures *groups, struct slice s,
    unsigned n);

#endif
