/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling the service manager how we are, as sd_notify(3) describes. */
#include "master/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static struct sockaddr_un to;
static socklen_t to_size; /* 0: nobody wants to know */
static const char *name;  /* for people */

/* A path, or '@' and an abstract name. */
void notify_init(void)
{
	name = getenv("NOTIFY_SOCKET");
	size_t n = name ? strlen(name) : 0;
	to_size = 0;
	if (n > 1 && n < sizeof to.sun_path && strchr("/@", name[0])) {
		to.sun_family = AF_UNIX;
		memcpy(to.sun_path, name, n + 1);
		if (name[0] == '@')
			to.sun_path[0] = '\0';
		to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path)
		    + n);
	} else if (n) {
		log_warn("NOTIFY_SOCKET is no path and no @name: %s", name);
	}
	unsetenv("NOTIFY_SOCKET");
}

const char *notify_name(void)
{
	return to_size ? name : "";
}

static void tell(const char *text)
{
	struct timeval patience = {1, 0};

	if (to_size == 0)
		return;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof patience) < 0 || sendto(fd, text, strlen(text),
	    MSG_NOSIGNAL, (struct sockaddr *)&to, to_size) < 0)
		log_warn("the service manager at %s cannot be told: %m", name);
	if (fd >= 0)
		close(fd);
}

void notify_ready(const char *status)
{
	char text[256];

	snprintf(text, sizeof text, "READY=1\nMAINPID=%d\nSTATUS=%s\n",
	    getpid(), status);
	tell(text);
}

void notify_reloading(void)
{
	char text[128];

	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu\n"
	    "STATUS=reading the configuration\n",
	    (unsigned long long)clock_us());
	tell(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1\nSTATUS=finishing\n");
}
