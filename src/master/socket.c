/* SPDX-License-Identifier: BSD-2-Clause */
/* The unix socket that commands come through. */
#include "master/socket.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 64

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Somebody listens, even if the queue is full. */
static bool is_served(const struct sockaddr_un *at)
{
	int fd = unix_socket();

	if (fd < 0)
		return true;
	bool served = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0
	    || errno == EAGAIN || errno == EACCES;
	close(fd);
	return served;
}

static bool clear_way(const struct sockaddr_un *at)
{
	const char *path = at->sun_path;
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			log_err("control %s: %m", path);
		return errno == ENOENT;
	}
	if (!S_ISSOCK(st.st_mode)) {
		log_err("control %s: it is there, and no socket", path);
		return false;
	}
	if (is_served(at)) {
		log_err("control %s: another master serves it; stop that, or "
		    "give this one another path", path);
		errno = EADDRINUSE;
		return false;
	}
	if (unlink(path) < 0) {
		log_err("control %s: %m", path);
		return false;
	}
	return true;
}

bool socket_group(const char *name, gid_t *gid)
{
	*gid = getegid();
	if (name == NULL)
		return true;
	errno = 0;
	const struct group *g = getgrnam(name);
	if (g == NULL) {
		log_err("control: there is no group \"%s\"%s%s", name,
		    errno ? ": " : "", errno ? strerror(errno) : "");
		return false;
	}
	*gid = g->gr_gid;
	return true;
}

/* Who is in a group may give it what is his: for that no right to change
 * owners is needed, which a service may lack. */
static bool give_to_group(const char *path, gid_t gid)
{
	gid_t ours = getegid();
	bool joined = gid != ours && setegid(gid) == 0;
	bool given = lchown(path, (uid_t)-1, gid) == 0;
	int error = errno;

	if (joined)
		MUST(setegid(ours) == 0);
	errno = error;
	return given;
}

bool socket_permit(const struct socket *s, unsigned mode, const char *group)
{
	gid_t gid;

	if (!socket_group(group, &gid))
		return false;
	/* its name's rights, not the descriptor's, let clients in */
	if (!give_to_group(s->path, gid)
	    || chmod(s->path, mode & 0777) < 0) {
		log_err("control %s: %m", s->path);
		return false;
	}
	return true;
}

/* Nobody comes in before it has the rights that it is to have. */
static bool listen_at(struct socket *s, const struct sockaddr_un *at)
{
	struct stat st;
	mode_t mask = umask(0777);
	int bound = bind(s->fd, (const struct sockaddr *)at, sizeof *at);

	umask(mask);
	if (bound < 0 || lstat(s->path, &st) < 0) {
		log_err("control %s: %m", s->path);
		return false;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return true;
}

bool socket_open(struct socket *s, const char *path, unsigned mode,
    const char *group)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	s->fd = -1;
	if (strlen(path) >= sizeof at.sun_path) {
		log_err("control %.200s: the path of a socket has at most "
		    "%zu bytes", path, sizeof at.sun_path - 1);
		return false;
	}
	memcpy(at.sun_path, path, strlen(path));
	memcpy(s->path, at.sun_path, sizeof s->path);
	if (!clear_way(&at))
		return false;
	s->fd = unix_socket();
	if (s->fd < 0) {
		log_err("control %s: %m", path);
		return false;
	}
	if (!listen_at(s, &at)) {
		close(s->fd);
		s->fd = -1;
		return false;
	}
	if (!socket_permit(s, mode, group)) {
		socket_close(s);
		return false;
	}
	if (listen(s->fd, BACKLOG) < 0) {
		log_err("control %s: %m", path);
		socket_close(s);
		return false;
	}
	return true;
}

bool socket_is_there(const struct socket *s)
{
	struct stat st;

	return lstat(s->path, &st) == 0 && st.st_dev == s->dev
	    && st.st_ino == s->ino;
}

void socket_close(struct socket *s)
{
	if (s->fd < 0)
		return;
	if (socket_is_there(s))
		unlink(s->path);
	close(s->fd);
	s->fd = -1;
}
