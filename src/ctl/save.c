/* SPDX-License-Identifier: BSD-2-Clause */
/* "config save": to standard output, or to a file, whole or not at all. */
#include "ctl/save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/json.h"

struct target {
	char path[PATH_MAX]; /* what the name leads to */
	char fresh[PATH_MAX + 8]; /* beside it */
	struct stat old;
	bool exists;
};

static void write_lines(const struct answer *answer, FILE *to)
{
	struct record r;

	for (unsigned i = 0; i < answer->nlines; i++) {
		answer_record(answer, i, &r);
		if (!record_is(&r, "text"))
			continue;
		fwrite(r.fields[0].text.p, 1, r.fields[0].text.n, to);
		putc('\n', to);
	}
}

static int print_object(const struct answer *answer)
{
	fputs("{\"ok\":true", stdout);
	json_lines(stdout, answer);
	return CTL_FINE;
}

static bool find_target(struct target *t, const char *file)
{
	char *real = realpath(file, NULL);
	int n = snprintf(t->path, sizeof t->path, "%s", real ? real : file);

	free(real);
	snprintf(t->fresh, sizeof t->fresh, "%s.XXXXXX", t->path);
	t->exists = stat(t->path, &t->old) == 0;
	errno = ENAMETOOLONG;
	return n < (int)sizeof t->path;
}

/* It stays whose it was, and as open as it was; a new one is for its owner
 * alone, since it may have secrets in it. */
static bool write_fresh(struct target *t, const struct answer *answer)
{
	int fd = mkstemp(t->fresh);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool good;

	if (f == NULL)
		return false;
	write_lines(answer, f);
	good = !t->exists || (fchown(fd, t->old.st_uid, t->old.st_gid) == 0
	    && fchmod(fd, t->old.st_mode & 07777) == 0);
	good = fflush(f) == 0 && !ferror(f) && fsync(fd) == 0 && good;
	return fclose(f) == 0 && good;
}

/* A link is not made over what is there, not even of this moment. */
static bool put_in_place(const struct target *t, bool force)
{
	if (force)
		return rename(t->fresh, t->path) == 0;
	return link(t->fresh, t->path) == 0 && unlink(t->fresh) == 0;
}

static int write_file(const struct args *a, const struct answer *answer)
{
	const char *file = a->words[0];
	bool force = a->given & ARGS_FORCE;
	struct target t;
	int wrong;

	if (!find_target(&t, file))
		return ask_fail(a, CTL_REFUSED, "failed", "%s: %s", file,
		    strerror(errno));
	if (t.exists && !S_ISREG(t.old.st_mode))
		return ask_fail(a, CTL_REFUSED, "failed",
		    "%s is not a file", file);
	if (t.exists && !force)
		return ask_fail(a, CTL_REFUSED, "refused",
		    "%s is there already; --force writes over it", file);
	if (write_fresh(&t, answer) && put_in_place(&t, force))
		return ask_done(a);
	wrong = errno;
	unlink(t.fresh);
	return ask_fail(a, CTL_REFUSED, "failed", "%s cannot be written: %s",
	    file, strerror(wrong));
}

int save_run(const struct args *a)
{
	struct answer answer;
	int code = ask(&answer, a, "config save");

	if (code != CTL_FINE)
		return code;
	if (a->nwords)
		code = write_file(a, &answer);
	else if (a->json)
		code = print_object(&answer);
	else
		write_lines(&answer, stdout);
	answer_fini(&answer);
	return code;
}
