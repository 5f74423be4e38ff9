/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration: one object, immutable once it is loaded. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/slice.h"

struct pcre2_real_code_8;

/* Everything that hangs on a struct conf lives on the heap of the process
 * that loaded it, is inherited by fork and never written again: a pointer
 * into it is good in every process of a generation.
 * Times are milliseconds, sizes bytes. */

struct conf_list {
	struct slice *at;
	unsigned n;
};

struct conf_networks {
	struct network *at;
	unsigned n;
};

enum conf_log_kind { CONF_LOG_OFF, CONF_LOG_STDERR, CONF_LOG_FILE,
	CONF_LOG_SYSLOG };

struct conf_log {
	enum conf_log_kind kind;
	const char *path;     /* CONF_LOG_FILE */
	int facility;         /* CONF_LOG_SYSLOG: LOG_DAEMON ... of syslog.h */
	enum log_level level; /* of the error log */
};

struct conf_listener {
	const char *name;
	unsigned index;
	struct addr *addresses;
	unsigned naddresses;
	unsigned backlog;
	struct conf_networks trusted_proxies;
	uint32_t max_header;
	uint32_t max_headers;
	uint32_t max_uri;
	uint64_t max_body;
	struct {
		uint32_t header, body, keepalive, write;
	} timeouts;
};

struct conf_backend {
	const char *name;
	const char *pool_name;
	unsigned index; /* over all pools: its seat */
	struct addr address;
	struct slice host; /* as Host field: "host:port", or "localhost" */
	unsigned weight;   /* 0 to 256 */
	bool backup;
};

enum conf_host { CONF_HOST_PRESERVE, CONF_HOST_BACKEND, CONF_HOST_NAME };

/* bits of conf_pool.retry.on */
enum {
	RETRY_CONNECT = 1,
	RETRY_TIMEOUT = 2,
	RETRY_RESET = 4,
	RETRY_502 = 8,
	RETRY_503 = 16,
	RETRY_504 = 32,
};

struct conf_pool {
	const char *name;
	unsigned index;
	struct conf_backend *backends;
	unsigned nbackends;
	struct {
		uint32_t connect, response, read, idle;
	} timeouts;
	unsigned idle_connections;
	enum conf_host host;
	struct slice host_name; /* CONF_HOST_NAME */
	struct {
		unsigned attempts;
		unsigned on; /* RETRY_ bits */
	} retry;
};

enum conf_action { CONF_POOL, CONF_REDIRECT, CONF_RESPOND, CONF_DENY };

struct conf_route {
	unsigned index;      /* in its site, from 0 */
	struct slice path;   /* prefix on segment borders; p NULL: none */
	struct slice path_is;
	struct pcre2_real_code_8 *path_re; /* NULL: none */
	const char *path_re_text;
	struct conf_list methods;  /* n 0: any */
	uint64_t listeners;  /* bit per listener index; 0: any */
	enum conf_action action;
	const struct conf_pool *pool;
	struct {
		struct slice to;
		unsigned status;
	} redirect;
	struct {
		unsigned status;
		struct slice body, type;
	} respond;
	unsigned deny; /* status */
	const struct conf_list *hide; /* the site's, or its own; never NULL */
};

struct conf_site {
	const char *name;
	struct conf_list hosts; /* lower case, "*.x" as ".x", "*" as "*" */
	struct conf_list hide;
	struct conf_route *routes;
	unsigned nroutes;
};

struct conf_host_entry {
	struct slice host; /* exact, or ".x" for *.x */
	const struct conf_site *site;
};

struct conf {
	const char *file; /* absolute; NULL in quick mode */
	const char *user, *group;
	unsigned workers_min, workers_max;
	unsigned connections;
	bool connections_given;
	uint64_t buffers;
	const char *pid_file; /* NULL: none */
	struct conf_log error_log, access_log;
	uint32_t drain_timeout;
	struct conf_listener *listeners;
	unsigned nlisteners; /* at most 64 */
	struct conf_pool *pools;
	unsigned npools;
	unsigned nbackends; /* over all pools */
	struct conf_site *sites;
	unsigned nsites;
	struct conf_host_entry *hosts; /* sorted by slice_compare */
	unsigned nhosts;
	const struct conf_site *any; /* the site with "*", or NULL */
};

/* What the command line says beside the file. */
struct conf_options {
	bool foreground; /* -f: error_log defaults to stderr */
	const char *listen;       /* -l ADDRESS, quick mode, or NULL */
	const char *const *backends; /* -b ADDRESS ..., NULL-terminated */
};

/* Loads and verifies the file (or, with listen, what -l and -b say). Every
 * error and warning goes to `to`, a line each, "FILE:LINE: text". NULL if
 * there was one error or more. May block (reads files). The result is for
 * conf_free. */
struct conf *conf_load(const char *file, const struct conf_options *options,
    FILE *to);
void conf_free(struct conf *conf);

/* The effective configuration with every default, in the language of the
 * file: what it prints loads to the same object. (portico -T) */
void conf_dump(const struct conf *conf, FILE *to);

/* Names of all keys, "pools.NAME.timeouts.connect" style, a line each with
 * type and default, tab-separated: what the check of the man page reads. */
void conf_list_keywords(FILE *to);

/* The site of a host: exact, then the longest wildcard, then "*"; NULL if
 * none. host: lower case, without port. */
const struct conf_site *conf_find_site(const struct conf *conf,
    struct slice host);

#endif
