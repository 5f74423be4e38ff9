/* SPDX-License-Identifier: BSD-2-Clause */
/* Stapling: what an authority said of a certificate (OCSP), shown with it. */
#ifndef GATE_STAPLE_H
#define GATE_STAPLE_H

#include "gate/complain.h"
#include "gate/context.h"

#define STAPLE_BYTES 16384u /* of an answer, at most */

/* An answer of an authority, as it is sent. */
struct staple {
	unsigned char *der; /* NULL: there is none */
	size_t n;
	time_t from, until;
};

/* Reads PATH.ocsp for each certificate's PATH, if it is there: an answer of
 * OCSP in DER. One that is of no use (of another certificate, too old) is
 * complained of mildly. Clients that ask get it while it is fresh. May
 * block. */
void staple_read(struct context *c, struct complaints *complaints);
void staple_free(struct context *c);

#endif
