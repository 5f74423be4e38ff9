/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts with names in "{ }": compiled, and what they ask of a route. */
#ifndef CONF_TEMPLATE_H
#define CONF_TEMPLATE_H

#include "conf/spot.h"

enum template_form { FORM_TEXT, FORM_NUMBER, FORM_NAMED, FORM_CAPTURE };

/* What may stand in "{ }". FORM_NAMED: with the name of a field, as in
 * "{request:NAME}". FORM_CAPTURE: any digit from "1" to "9". */
struct template_name {
	const char *text;
	uint8_t kind; /* enum conf_place or enum conf_field */
	enum template_form form;
};

/* The names of places.def and of log_fields.def; each ends with text NULL. */
extern const struct template_name template_places[];
extern const struct template_name template_fields[];

#define TEMPLATE_MOST 2048 /* bytes of a template in the file */

/* Compiles the text at the spot into *to; false if something is wrong with
 * it (reported), and then *to has no parts. Its place is noted for
 * template_line. */
bool template_compile(struct load *l, const struct spot *at,
    const struct template_name *names, struct conf_template *to);
unsigned template_line(const struct load *l, const struct conf_template *t);

/* The highest group that it names, 0: none; and whether it has a place. */
unsigned template_captures(const struct conf_template *t);
bool template_has(const struct conf_template *t, enum conf_place place);

/* Whether it begins with the text, or with the place. */
bool template_starts(const struct conf_template *t, struct slice text);
bool template_starts_with(const struct conf_template *t,
    enum conf_place place);

#endif
