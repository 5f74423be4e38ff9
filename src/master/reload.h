/* SPDX-License-Identifier: BSD-2-Clause */
/* Reloading: a new generation after the one that runs. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/master.h"

void reload_init(const struct master_task *task);

/* Loads and verifies the configuration with all changes at run time; every
 * error goes to the log, a line each. NULL if there is one: nothing has
 * changed. May block (reads files). */
struct conf *reload_conf(void);

/* The file without the changes; NULL if there is an error in it. Nothing is
 * logged. May block. */
struct conf *reload_file_alone(void);

/* Begins a reload, and stands for its end: control_ended is called
 * once, now or later. check (may be NULL) has the last word on the new
 * configuration, and logs what is wrong with it. */
void reload_begin(bool (*check)(const struct conf *conf));

/* Puts what an inspection that has ended has said into the log, as errors or
 * as warnings. */
void reload_tell_of_certificates(bool failed);

/* True while one looks at the certificates of the new configuration. */
bool reload_inspects(void);

/* True while one has not ended, or a generation is starting. */
bool reload_is_under_way(void);

/* A generation that lost all its processes at once gets a successor. */
void reload_start_over(void);

/* Ends the reload once the new generation runs, or never will. To be called
 * again and again. */
void reload_look(void);

/* There will be none any more. */
void reload_forbid(void);
bool reload_is_forbidden(void);

/* Too many generations: the oldest is hurried. */
void reload_hurry_oldest(void);

#endif
