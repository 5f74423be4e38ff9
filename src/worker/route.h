/* SPDX-License-Identifier: BSD-2-Clause */
/* What is decided before a route is looked for. */
#ifndef WORKER_ROUTE_H
#define WORKER_ROUTE_H

#include "http/method.h"

/* Why no route is asked about a method; NULL if one may be. */
const char *route_refuses_method(enum method m);

#endif
