/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the processes of a family. */
#include "steward/clone.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/title.h"
#include "shm/slot.h"

#define FAMILY_FLAGS                                                           \
	(CLONE_FILES | CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD)

void clone_into(unsigned n, void (*run)(unsigned n))
{
	struct slot *slot = &slots.at[n];
	uint32_t ordered = SLOT_ORDERED;

	if (!atomic_compare_exchange_strong(&slot->state, &ordered, SLOT_MADE))
		return;
	FAULT(clone_noted);
	long pid = syscall(SYS_clone, (unsigned long)FAMILY_FLAGS, NULL,
	    &slot->pid, NULL, 0UL);
	if (pid == 0) {
		run(n);
		_exit(EXIT_FAILURE);
	}
	FAULT(clone_done);
	if (pid < 0) {
		log_err("clone: %m");
		atomic_store(&slot->state, SLOT_ORDERED);
	}
}

/* setuid and clone clear the death signal; a master that died before it was
 * set again would not be noticed. */
void clone_begin(unsigned n, int master)
{
	char title[32];
	enum slot_role role = (enum slot_role)slots.at[n].role;

	crash_to(NULL, 0, NULL, 0); /* our parent's letter is not ours */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != master)
		_exit(EXIT_FAILURE);
	if (role == SLOT_WORKER)
		snprintf(title, sizeof title, "worker %u",
		    slots.at[n].number);
	else
		snprintf(title, sizeof title, "%s", slot_role_name(role));
	title_set(title);
}
