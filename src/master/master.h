/* SPDX-License-Identifier: BSD-2-Clause */
/* The master: reads the configuration, binds, orders processes, buries them. */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/conf.h"

struct steward_task;
struct gate_task;

/* What the command line decides, and the lives of the roles, which main.c
 * knows (roles do not include each other). */
struct master_task {
	const char *file; /* configuration; NULL in quick mode */
	struct conf_options options;
	char *const *argv; /* for the program that takes our place */
	int legacy;        /* what one has left whose place we take; -1: none */
	bool returns;      /* it was ours, and another one could not take it */
	void (*steward)(unsigned slot, const struct conf *conf,
	    unsigned generation, int master);
	void (*logger)(unsigned slot, int control);
	void (*gate)(unsigned slot, const struct gate_task *gate);
	/* gate/check.h; to be called in a child alone: it reads keys */
	bool (*check_tls)(const struct conf *conf, FILE *to, FILE *facts);
};

/* Runs until it is told to stop; the exit code (roles.h). conf is the first
 * configuration, which it owns from now on. */
int master_run(const struct master_task *task, struct conf *conf);

/* The same for who takes the place of another program: upgrade.h. */
int master_run_on(struct master_task *task);

/* clock_ms at which it began; and who goes on with what began then. */
uint64_t master_born(void);
void master_go_on(uint64_t born);

#endif
