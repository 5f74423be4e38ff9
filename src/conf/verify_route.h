/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes beside each other, and what their texts in "{ }" ask of them. */
#ifndef CONF_VERIFY_ROUTE_H
#define CONF_VERIFY_ROUTE_H

struct conf_site;
struct load;

/* Reports names in "{ }", of the site or of a route, for which a route has
 * no value. */
void verify_templates(struct load *l, const struct conf_site *site);

/* Warns of routes that can never match, and of a strip_prefix that cannot. */
void verify_routes(struct load *l, const struct conf_site *site);

#endif
