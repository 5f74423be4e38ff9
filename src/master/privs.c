/* SPDX-License-Identifier: BSD-2-Clause */
/* Privileges: whom the roles run as. */
#include "master/privs.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"

static uid_t uid;
static gid_t gid;

bool privs_find(const struct conf *conf)
{
	if (geteuid() != 0)
		return true;
	const struct passwd *pw = getpwnam(conf->user);
	if (pw == NULL) {
		log_err("user: there is no user \"%s\"", conf->user);
		return false;
	}
	uid_t u = pw->pw_uid;
	const struct group *gr = getgrnam(conf->group);
	if (gr == NULL) {
		log_err("group: there is no group \"%s\"", conf->group);
		return false;
	}
	uid = u;
	gid = gr->gr_gid;
	if (uid == 0)
		log_warn("user: the roles run as root");
	return true;
}

void privs_drop(void)
{
	if (geteuid() == 0 && (setgroups(1, &gid) < 0
	    || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0))
		die("cannot become user %u, group %u: %m", uid, gid);
	if (uid != 0 && geteuid() != 0 && setuid(0) == 0)
		die("privileges came back");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
	    || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		die("prctl: %m");
}
