/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients astray: they speak plain HTTP at the port of https. */
#include "gate/astray.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/date.h"

#define TAKEN_MOST 32 /* times 4 KB */

bool astray_is(unsigned long error)
{
	return ERR_GET_LIB(error) == ERR_LIB_SSL
	    && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
}

void astray_answer(int fd)
{
	static const char text[] = "This is a port for https: ask again with "
	    "https:// before the name.\n";
	char answer[512], taken[4096];
	char date[DATE_LENGTH + 1] = "";

	date_format(clock_wall(), date);
	int n = snprintf(answer, sizeof answer, "HTTP/1.1 400 Bad Request\r\n"
	    "Date: %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", date,
	    sizeof text - 1, text);
	send(fd, answer, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < TAKEN_MOST; i++)
		if (recv(fd, taken, sizeof taken, MSG_DONTWAIT) <= 0)
			break;
}
