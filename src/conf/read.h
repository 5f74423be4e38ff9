/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers: from a key in the file to its place in the object. */
#ifndef CONF_READ_H
#define CONF_READ_H

#include "conf/regex.h"
#include "conf/spot.h"
#include "conf/words.h"

/* Each reads one type of key, by the place in its keyword, and reports what
 * is wrong; read_group also the group that is not in the file. */
#define TYPE(id, function, name)                                               \
	void read_##function(struct load *l, const struct spot *at);
KEYWORD_TYPES
#undef TYPE

/* The value of a word; def if it is none of the table (reported, with a
 * suggestion). */
int read_word(struct load *l, const struct spot *at,
    const struct word *words, int def);

/* As read_group, into a struct of the caller's. */
void read_group_into(struct load *l, const struct spot *at, void *base);

/* Reads a backend, a group or its address alone, with the defaults that
 * depend on its address. */
void read_backend(struct load *l, const struct spot *item, const char *title,
    struct conf_backend *b);

/* Whether the group that a key stands in has TLS by its key "tls", which may
 * not have been read yet. */
bool read_has_tls(const config_setting_t *beside);

/* True if it is a token of RFC 9110, 5.6.2: the name of a field or method. */
bool read_is_token(struct slice text);

/* Reads one condition, NAME = "re", into the room behind those of *to. */
void read_condition(struct load *l, const struct spot *at,
    config_setting_t *member, struct conf_named_regexes *to);

/* Compiles text into *re; false, and what is wrong with it, if it cannot be. */
bool read_compile(struct load *l, const char *text, struct conf_regex *re,
    char wrong[REGEX_WRONG]);

/* The pool that the key names; NULL if there is none (reported). */
const struct conf_pool *read_named_pool(struct load *l,
    const struct spot *at);

/* NULL, or what is wrong with a Host of ours: a name, with or without a
 * port. */
const char *read_wrong_host(struct slice text);

/* NULL, or what is wrong with a method. */
const char *read_wrong_method(struct slice text);

/* The name of a file, absolute by the file of the configuration that names
 * it. */
const char *read_beside(struct load *l, const struct spot *at,
    const char *text);

/* False if a byte of part cannot stand in a URI as it is (reported); text is
 * the whole, for the message. */
bool read_uri_part(struct load *l, const struct spot *at,
    struct slice text, struct slice part);

/* Compiles a template whose plain text is of a URI; false if it is not
 * (reported). */
bool read_uri_template(struct load *l, const struct spot *at,
    struct conf_template *to);

/* The content of a file, up to what an answer of ours can have; false if it
 * cannot be had (reported). May block. */
bool read_page_body(struct load *l, const struct spot *at, const char *path,
    struct slice *body);

/* The media type that the end of the file's name says; false if it says none
 * (reported). */
bool read_page_type(struct load *l, const struct spot *at, const char *path,
    struct slice *type);

#endif
