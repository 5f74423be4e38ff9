/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling the service manager how we are, as sd_notify(3) describes. */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

/* Once, before any child: takes NOTIFY_SOCKET out of the environment, so that
 * no child speaks for us. Without it the others do nothing. */
void notify_init(void);

/* Of the socket; "" if nobody wants to know. */
const char *notify_name(void);

/* Each sends one datagram, and may wait a second for room; status is a line
 * for people. ready: started, or a reload has ended, well or not. */
void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);

#endif
