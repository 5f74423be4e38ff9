/* SPDX-License-Identifier: BSD-2-Clause */
/* Reason phrases of the status codes. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

/* The registered phrase, a constant; "" for a code that has none. */
const char *status_reason(unsigned status);

#endif
