/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of TLS, and of the PROXY protocol. */
#include <stdlib.h>

#include "conf/heap.h"
#include "conf/hosts.h"
#include "conf/read.h"

#define SECOND 1000

bool read_has_tls(const config_setting_t *beside)
{
	const config_setting_t *tls = config_setting_get_member(
	    config_setting_parent(beside), "tls");

	return tls && (config_setting_type(tls) != CONFIG_TYPE_BOOL
	    || config_setting_get_bool(tls));
}

/* "FILE:LINE", for messages of those who read the files later. */
static const char *place_of(struct load *l, unsigned line)
{
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL)
		die("out of memory");
	source_print_place(&l->source, line, to);
	if (fclose(to) != 0)
		die("out of memory");
	struct slice place = slice_make(text, n);
	if (slice_ends(place, SLICE(": ")))
		place.n -= 2;
	const char *copy = heap_copy(l->conf, place);
	free(text);
	return copy;
}

static const char *place_of_spot(struct load *l, const struct spot *at)
{
	return place_of(l, config_setting_source_line(at->setting));
}

static const char *read_file_name(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text && *text == '\0')
		spot_bad(l, at, "is empty; write the name of a file");
	return text && *text ? read_beside(l, at, text) : NULL;
}

static void read_certificate(struct load *l, const struct spot *item,
    struct conf_certificate *to)
{
	char path[KEYWORD_PATH];

	if (!spot_is_group(item)) {
		to->cert = read_file_name(l, item);
		return;
	}
	keyword_path(item->key, "", path);
	load_group(l, path, item->setting, heap_printf(l->conf,
	    "a certificate of %s", item->title), to);
	if (to->cert && to->key && strpbrk(to->cert, "*?["))
		spot_bad(l, item, "has many files of certificates with one "
		    "\"key\"; each file may hold its own");
}

void read_certificates(struct load *l, const struct spot *at)
{
	struct conf_tls *tls = at->base;
	unsigned n = spot_count(l, at);

	tls->certificates = heap_alloc(l->conf, n,
	    sizeof *tls->certificates);
	tls->ncertificates = n;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		read_certificate(l, &item, &tls->certificates[i]);
	}
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; TLS needs a certificate, as "
		    "\"/etc/portico/tls/*.pem\"");
}

/* Files alone are short for a group of nothing but them. */
static void read_files(struct load *l, const struct spot *at,
    struct conf_tls *tls)
{
	struct spot group = *at, files = *at;
	char path[KEYWORD_PATH];

	group.setting = NULL;
	read_group_into(l, &group, tls);
	keyword_path(at->key, "", path);
	files.key = keyword_find(path, "certificates");
	files.title = heap_printf(l->conf, "tls of %s", at->title);
	files.base = tls;
	read_certificates(l, &files);
}

void read_tls(struct load *l, const struct spot *at)
{
	struct conf_tls *tls = spot_target(at);

	if (spot_is_false(at))
		return;
	tls->on = true;
	tls->where = place_of_spot(l, at);
	if (spot_is_group(at)) {
		read_group_into(l, at, tls);
	} else if (config_setting_is_scalar(at->setting)
	    && !spot_is_text(at)) {
		spot_bad(l, at, "must be a group, tls = { certificates = "
		    "\"FILE\"; };, or such files alone, or false");
		return;
	} else {
		read_files(l, at, tls);
	}
	if (tls->verify_client != VERIFY_NONE && tls->client_ca == NULL)
		spot_bad(l, at, "has verify_client = \"%s\", which needs "
		    "\"client_ca\": the authorities that are believed",
		    words_name(words_verify, (int)tls->verify_client));
	if (tls->verify_client == VERIFY_NONE && tls->client_ca)
		spot_bad(l, at, "has \"client_ca\", but nobody is verified; "
		    "add verify_client = \"require\" or \"optional\"");
}

void read_version(struct load *l, const struct spot *at)
{
	*(unsigned *)spot_target(at) = (unsigned)read_word(l, at,
	    words_version, 0x0303);
}

void read_verify(struct load *l, const struct spot *at)
{
	*(enum conf_verify *)spot_target(at) = (enum conf_verify)read_word(l,
	    at, words_verify, VERIFY_NONE);
}

/* One as OpenSSL calls it; a list may be one string, with colons. */
static const char *check_suite(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = ascii_lower(text.p[i]);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')
		    && !strchr("-_:", c))
			return "is no list of names as OpenSSL has them: "
			       "letters, digits, \"-\" and \"_\", and colons "
			       "between them";
	}
	return text.n ? NULL : "is empty";
}

void read_suites(struct load *l, const struct spot *at)
{
	struct conf_list list = spot_list(l, at, check_suite);
	const char *all = NULL;

	for (unsigned i = 0; i < list.n; i++)
		all = all ? heap_printf(l->conf, "%s:%s", all, list.at[i].p)
		    : list.at[i].p;
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for those of "
		    "the program");
	*(const char **)spot_target(at) = all;
}

void read_hsts(struct load *l, const struct spot *at)
{
	uint64_t *to = spot_target(at);

	*to = 0;
	if (spot_is_false(at))
		return;
	read_time(l, at);
	if (*to > 0 && *to < SECOND)
		spot_bad(l, at, "is less than a second; write a long time, as "
		    "\"365d\"");
}

void read_proxy(struct load *l, const struct spot *at)
{
	struct conf_listener *listener = at->base;

	if (spot_is_false(at))
		return;
	listener->proxy_protocol = true;
	if (config_setting_type(at->setting) == CONFIG_TYPE_BOOL)
		return;
	read_networks(l, at);
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; write true for all peers, "
		    "or false");
}

void read_gates(struct load *l, const struct spot *at)
{
	const char *text = spot_is_text(at) ? spot_text(l, at) : NULL;

	if (!spot_is_text(at))
		read_count(l, at);
	else if (text && strcmp(text, "auto") != 0)
		spot_bad(l, at, "is \"%s\"; right is \"auto\", or 1 to %u",
		    text, (unsigned)at->key->most);
}

void read_server(struct load *l, const struct spot *at)
{
	char *text = spot_text(l, at);
	const char *wrong;

	if (text == NULL)
		return;
	for (char *p = text; *p; p++)
		*p = ascii_lower(*p);
	wrong = *text == '*' ? "is no host; write a name as \"app.example\""
	    : hosts_check(slice_str(text));
	if (wrong)
		spot_bad(l, at, "is \"%s\", which %s", text, wrong);
	else
		*(struct slice *)spot_target(at) = slice_str(text);
}

static void verify_pool_tls(struct load *l, const struct spot *at,
    const struct conf_pool_tls *tls)
{
	if (tls->key && tls->cert == NULL)
		spot_bad(l, at, "has \"key\", and no \"cert\" that it belongs "
		    "to");
	if (!tls->verify && tls->ca)
		spot_bad(l, at, "has \"ca\", but verify = false: nobody "
		    "would be verified");
}

/* Backends may have https each for itself: then the defaults hold. */
void read_pool_tls(struct load *l, const struct spot *at)
{
	struct conf_pool_tls *tls = spot_target(at);
	struct spot group = *at;
	bool is_word = config_setting_type(at->setting) == CONFIG_TYPE_BOOL;

	if (!is_word && !spot_is_group(at)) {
		spot_bad(l, at, "must be true, false, or a group, tls = { ca = "
		    "\"FILE\"; };");
		return;
	}
	tls->on = !spot_is_false(at);
	tls->where = tls->on ? place_of_spot(l, at)
	    : place_of(l, load_line(l, at->base));
	if (is_word)
		group.setting = NULL;
	read_group_into(l, &group, tls);
	if (!is_word)
		verify_pool_tls(l, at, tls);
}
