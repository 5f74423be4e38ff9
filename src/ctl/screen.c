/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal of "top": another screen, keys without Return, signals. */
#include "ctl/screen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP,
	SIGWINCH};

static struct {
	struct termios before;
	sigset_t mask_before;
	int signal_fd, wake_fd;
	char key;
} screen;

/* What cannot be written is lost with the terminal: reading will tell. */
static void put(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(STDOUT_FILENO, p, n);

		if (k < 0 && errno != EINTR)
			return;
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
	}
}

static void watch(int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(screen.wake_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll_ctl: %s", strerror(errno));
}

static void begin(void)
{
	struct termios raw = screen.before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	put(ENTER, sizeof ENTER - 1);
}

static void end(void)
{
	put(LEAVE, sizeof LEAVE - 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &screen.before);
}

bool screen_is_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void screen_open(void)
{
	sigset_t all;

	if (tcgetattr(STDIN_FILENO, &screen.before) < 0)
		die("the terminal: %s", strerror(errno));
	sigemptyset(&all);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaddset(&all, signals[i]);
	sigprocmask(SIG_BLOCK, &all, &screen.mask_before);
	screen.signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	screen.wake_fd = epoll_create1(EPOLL_CLOEXEC);
	if (screen.signal_fd < 0 || screen.wake_fd < 0)
		die("top: %s", strerror(errno));
	watch(screen.signal_fd);
	watch(STDIN_FILENO);
	begin();
}

void screen_close(void)
{
	end();
	close(screen.signal_fd);
	close(screen.wake_fd);
	sigprocmask(SIG_SETMASK, &screen.mask_before, NULL);
}

int screen_wake(void)
{
	return screen.wake_fd;
}

/* As if we had never caught it, with the terminal given back. */
static void suffer(int sig)
{
	sigset_t one;

	end();
	sigemptyset(&one);
	sigaddset(&one, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
	begin();
}

static enum screen_event take_signal(void)
{
	struct signalfd_siginfo got;

	if (read(screen.signal_fd, &got, sizeof got) != sizeof got)
		return SCREEN_NOTHING;
	if (got.ssi_signo == SIGINT)
		return SCREEN_ENDED;
	if (got.ssi_signo != SIGWINCH)
		suffer((int)got.ssi_signo);
	return SCREEN_RESIZED;
}

static enum screen_event take_key(void)
{
	ssize_t n = read(STDIN_FILENO, &screen.key, 1);

	if (n == 1)
		return SCREEN_KEY;
	return n < 0 && (errno == EINTR || errno == EAGAIN) ? SCREEN_NOTHING
	    : SCREEN_ENDED;
}

enum screen_event screen_next(unsigned ms)
{
	struct epoll_event e;

	if (epoll_wait(screen.wake_fd, &e, 1, (int)ms) <= 0)
		return SCREEN_NOTHING;
	return e.data.fd == screen.signal_fd ? take_signal() : take_key();
}

char screen_key(void)
{
	return screen.key;
}

/* All at once, so that nobody sees half of it. */
void screen_draw(const char *lines, size_t n, unsigned rows)
{
	char *bytes = NULL;
	size_t length;
	FILE *f = open_memstream(&bytes, &length);

	if (f == NULL)
		die("out of memory");
	fputs("\033[H", f);
	for (size_t i = 0; i < n && rows > 0; i++)
		if (lines[i] != '\n')
			putc(lines[i], f);
		else if (--rows > 0 && i + 1 < n)
			fputs("\033[K\r\n", f);
	fputs("\033[K\033[J", f);
	if (fclose(f) != 0)
		die("out of memory");
	put(bytes, length);
	free(bytes);
}

void screen_size(unsigned *rows, unsigned *columns)
{
	struct winsize size = {0};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}
