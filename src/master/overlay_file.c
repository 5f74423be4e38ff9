/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of the overlay: what keeps it over a restart. */
#include "master/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define FILE_MOST (4 << 20) /* bytes that are read */
#define FILE_WARNINGS 10    /* lines that are told of one by one */

static bool is_ours(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		log_warn("%s: %m", path);
	else if (!S_ISREG(st.st_mode))
		log_warn("%s is no file: it is not read", path);
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		log_warn("%s belongs to user %u: it is not read", path,
		    (unsigned)st.st_uid);
	else if (st.st_size > FILE_MOST)
		log_warn("%s has more than %d bytes: it is not read", path,
		    FILE_MOST);
	else
		return true;
	return false;
}

/* Reads a line, without its newline. False at the end of the file. A line that
 * is too long, or has no newline, is one that is no command: the rest of it is
 * no line of its own, and its beginning may say something else. */
static bool read_line(FILE *f, char to[COMMAND_LINE + 2], struct slice *line)
{
	size_t n = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n')
		if (n < COMMAND_LINE + 2)
			to[n++] = (char)c;
	if (c == EOF && n == 0)
		return false;
	if (c == EOF && n < COMMAND_LINE + 2)
		to[n++] = '\0';
	*line = slice_make(to, n);
	return true;
}

/* Returns whether it is one: a comment is. */
static bool take_line(const char *path, unsigned number, struct slice line,
    unsigned wrongs)
{
	char wrong[COMMAND_WRONG] = "is no change";
	struct command c;

	if (line.n == 0 || line.p[0] == '#')
		return true;
	if (line.p[line.n - 1] == '\0')
		snprintf(wrong, sizeof wrong, "it is cut off");
	else if (command_parse(line, &c, wrong) && overlay_apply(&c))
		return true;
	if (wrongs < FILE_WARNINGS)
		log_warn("%s:%u: passed over: %s", path, number, wrong);
	return false;
}

static void read_lines(FILE *f, const char *path)
{
	char text[COMMAND_LINE + 2];
	unsigned number = 0, wrongs = 0;
	struct slice line;

	while (read_line(f, text, &line)) {
		number++;
		if (!take_line(path, number, line, wrongs))
			wrongs++;
	}
	if (ferror(f))
		log_warn("%s: %m", path);
	if (wrongs > FILE_WARNINGS)
		log_warn("%s: %u lines were passed over", path, wrongs);
}

void overlay_read(const char *dir)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/" OVERLAY_FILE, dir);
	/* A FIFO must not hold us, nor a link lead us elsewhere. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
	    | O_NOCTTY);
	if (fd < 0) {
		if (errno != ENOENT)
			log_warn("%s: %m", path);
		return;
	}
	FILE *f = is_ours(fd, path) ? fdopen(fd, "r") : NULL;
	if (f == NULL) {
		close(fd);
		return;
	}
	read_lines(f, path);
	fclose(f);
	if (overlay_count())
		log_info("%s: %u change%s at run time taken up", path,
		    overlay_count(), overlay_count() == 1 ? "" : "s");
}

static void put_line(const struct command *c, void *arg)
{
	char line[COMMAND_LINE];
	size_t n = command_format(c, line);
	FILE *f = arg;

	fprintf(f, "%.*s\n", (int)n, line);
}

static bool write_all(int fd)
{
	FILE *f = fdopen(fd, "w");

	if (f == NULL) {
		close(fd);
		return false;
	}
	fputs("# Changes at run time. Written by Portico, which reads them "
	    "when it starts.\n", f);
	overlay_walk(put_line, f);
	bool fine = fflush(f) == 0 && fsync(fd) == 0;
	return fclose(f) == 0 && fine;
}

/* A rename is lasting once its folder is. */
static void sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fsync(fd) < 0)
		log_debug("%s: fsync: %m", dir);
	close(fd);
}

bool overlay_write(const char *dir)
{
	char path[4096], fresh[4096];

	snprintf(path, sizeof path, "%s/" OVERLAY_FILE, dir);
	if (snprintf(fresh, sizeof fresh, "%s/" OVERLAY_FILE ".new", dir)
	    >= (int)sizeof fresh) {
		log_err("state_dir %.200s...: the name is too long", dir);
		return false;
	}
	if (unlink(fresh) < 0 && errno != ENOENT)
		log_debug("%s: %m", fresh);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
	    | O_NOFOLLOW, 0600);
	if (fd < 0 || !write_all(fd) || rename(fresh, path) < 0) {
		log_err("%s: the changes at run time are not kept: %m", path);
		return false;
	}
	sync_folder(dir);
	return true;
}
