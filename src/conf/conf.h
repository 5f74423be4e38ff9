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

/* A text with names in "{ }", compiled. In redirects, rewrites and fields of
 * heads kind is one of enum conf_place, in log formats one of enum conf_field:
 * two tables, and 0 is plain text in both.
 * What a reader may rely on: the text of a part is never NULL; no plain part
 * is empty, and no two stand side by side; n is 0 for an empty text and
 * where there is none; a template is 2048 bytes in the file at most, so it
 * has 1024 parts at most. In a route, "{rest}" stands only where there is
 * path or path_is, and a number is at most that of the groups of path_re (in
 * rewrite.to: of rewrite.re). Plain text in redirect.to and rewrite.to is of
 * URI characters, in fields it has no control bytes. */
struct conf_part {
	uint8_t kind;
	uint8_t number;    /* PLACE_CAPTURE: 1 to 9, of groups that exist */
	struct slice text; /* kind 0: itself; a field's argument, as the name in
			    * "{request:NAME}" */
};

struct conf_template {
	struct conf_part *at;
	unsigned n;
	struct slice source; /* as in the file; NUL-terminated, or p NULL */
};

enum conf_place {
	PLACE_TEXT,
#define PLACE(name, text, doc) PLACE_##name,
#include "conf/places.def"
#undef PLACE
	PLACE_COUNT
};

enum conf_field {
	LOG_FIELD_TEXT,
#define LOG_FIELD(name, text, form, doc) LOG_FIELD_##name,
#include "conf/log_fields.def"
#undef LOG_FIELD
	LOG_FIELD_COUNT
};

enum conf_log_kind { CONF_LOG_OFF, CONF_LOG_STDERR, CONF_LOG_FILE,
	CONF_LOG_SYSLOG };

struct conf_log {
	enum conf_log_kind kind;
	const char *path;     /* CONF_LOG_FILE */
	int facility;         /* CONF_LOG_SYSLOG: LOG_DAEMON ... of syslog.h */
	enum log_level level; /* of the error log */
	unsigned output;      /* the master: which of the logger's outputs */
};

enum conf_format { FORMAT_COMBINED, FORMAT_JSON, FORMAT_CUSTOM };

struct conf_access_log {
	struct conf_log log;
	enum conf_format format;
	struct conf_template custom; /* FORMAT_CUSTOM */
	bool errors_only;            /* status 400 and above, and early ends */
	uint32_t sample;             /* of a million requests */
};

/* A file, or a glob of files, of PEM. */
struct conf_certificate {
	const char *cert; /* absolute */
	const char *key;  /* NULL: it is in the same file */
};

enum conf_verify { VERIFY_NONE, VERIFY_OPTIONAL, VERIFY_REQUIRE };

/* The files are read by gates and by who checks them, not by who loads the
 * configuration. ciphers: names as OpenSSL has them, separated by colons, of
 * TLS 1.2 and 1.3 in one list; groups likewise; NULL: the defaults. */
struct conf_tls {
	bool on;
	const char *where; /* "FILE:LINE" of the group, for messages */
	struct conf_certificate *certificates;
	unsigned ncertificates;
	unsigned min_version; /* 0x0303, 0x0304 */
	const char *ciphers, *groups;
	const char *client_ca; /* absolute; NULL unless verify_client */
	enum conf_verify verify_client;
	bool tickets;
	bool strict_sni;
	uint64_t hsts; /* ms; 0: off */
};

/* How a pool's https backends are spoken to. */
struct conf_pool_tls {
	bool on;           /* the group is there: every backend has it */
	const char *where; /* "FILE:LINE" of the group, or of the pool */
	bool verify;
	const char *ca;    /* absolute; NULL: the system's */
	const char *cert, *key; /* of ours; NULL: none, in the same file */
	struct slice name; /* for SNI, and verified; n 0: the Host that is sent
			    * to it, without port */
};

struct conf_listener {
	const char *name;
	unsigned index;
	struct addr *addresses;
	unsigned naddresses;
	unsigned backlog;
	struct conf_networks trusted_proxies;
	struct conf_tls tls;
	bool redirect_https;
	bool proxy_protocol; /* a PROXY header is required ... */
	struct conf_networks proxy_peers; /* ... from these; n 0: from all */
	uint32_t max_header;
	uint32_t max_headers;
	uint32_t max_uri;
	uint64_t max_body;
	uint32_t min_rate; /* bytes a second, 0: none */
	struct {
		uint32_t header, body, keepalive, write, tunnel;
	} timeouts;
};

struct conf_regex {
	struct pcre2_real_code_8 *code; /* NULL: none */
	const char *text;
};

/* A set of statuses, 100 to 599. */
struct conf_statuses {
	uint64_t bits[10];
};

static inline bool conf_has_status(const struct conf_statuses *s,
    unsigned status)
{
	return status < 640 && (s->bits[status / 64] >> status % 64 & 1);
}

enum conf_state { CONF_UP, CONF_DRAIN, CONF_DOWN };

/* One address. A backend that is given by name is as many of them as its key
 * `addresses` says, side by side, of which each has one address of the name,
 * or none: its members. Of these the first is called as in the file, the
 * others have "#2", "#3" ... behind it. */
struct conf_backend {
	const char *name;
	const char *pool_name;
	unsigned index; /* over all pools: its seat; those of a pool follow
			 * each other */
	unsigned pool;  /* index */
	struct addr address; /* len 0: by name */
	struct slice lookup; /* name to look up; n 0: none. NUL-terminated */
	bool srv;            /* it is one of SRV records, which say the port */
	uint16_t port;       /* of a name that is not */
	unsigned member, members; /* 0, 1 for an address */
	struct slice host; /* as Host field: "host:port", or "localhost" */
	unsigned weight;   /* 0 to 256; 0: only sticky requests */
	unsigned max_connections; /* 0: any number */
	bool backup;
	enum conf_state state;
	bool added;        /* at run time, not in the file */
	bool tls;          /* https, or its pool has tls */
};

enum conf_host { CONF_HOST_PRESERVE, CONF_HOST_BACKEND, CONF_HOST_NAME };

enum conf_balance { BALANCE_ROUND_ROBIN, BALANCE_LEAST_CONNECTIONS,
	BALANCE_LEAST_TIME, BALANCE_RANDOM, BALANCE_HASH };

enum conf_hash_key { HASH_CLIENT, HASH_URI, HASH_PATH, HASH_HEADER,
	HASH_COOKIE };

/* bits of conf_pool.retry.on */
enum {
	RETRY_CONNECT = 1,
	RETRY_TIMEOUT = 2,
	RETRY_RESET = 4,
	RETRY_502 = 8,
	RETRY_503 = 16,
	RETRY_504 = 32,
};

/* A place on the circle of a consistent hash. */
struct conf_point {
	uint32_t at;
	uint32_t backend; /* from 0, in its pool */
};

struct conf_pool {
	const char *name;
	unsigned index;
	struct conf_backend *backends;
	unsigned nbackends;
	enum conf_balance balance;
	enum conf_hash_key hash_by;
	struct slice hash_name;    /* HASH_HEADER, HASH_COOKIE */
	struct conf_point *points; /* BALANCE_HASH: sorted by `at` */
	unsigned npoints;
	struct {
		uint32_t connect, response, read, idle;
	} timeouts;
	unsigned idle_connections;
	uint32_t max_reuse; /* requests of a connection, 0: no limit */
	enum conf_host host;
	struct slice host_name; /* CONF_HOST_NAME */
	struct conf_pool_tls tls;
	unsigned proxy_protocol; /* 1, 2: sent to backends; 0: not */
	struct {
		unsigned attempts;
		unsigned budget; /* percent of the requests */
		unsigned on; /* RETRY_ bits */
	} retry;
	struct {
		struct slice cookie; /* n 0: off */
		uint64_t ttl;        /* 0: of the client's session */
		struct slice secret; /* n 0: one of our own */
	} sticky;
	struct {
		bool on;
		struct slice path; /* n 0: a TCP connection is enough */
		struct slice method;
		struct slice host; /* the pool's; n 0: the backend's */
		uint16_t port;     /* 0: the backend's */
		uint32_t interval, interval_down, timeout;
		unsigned rise, fall;
		struct conf_statuses status;
		struct conf_regex body_re;
		bool body_not;     /* it must not match: "!" before it */
		bool drain_on_404;
	} health;
	struct {
		unsigned failures; /* 0: off */
		uint32_t window, eject;
		unsigned max_ejected; /* percent of the backends */
	} passive;
	struct {
		unsigned length;
		uint32_t timeout;
	} queue;
	uint32_t slow_start;
	uint32_t resolve;
	const struct conf_pool *fallback; /* NULL: none; no circles */
	bool try_when_down; /* when_all_down = "try" */
	bool limited;       /* a backend has max_connections */
	bool ranked;        /* there are backups, or SRV with priorities */
};

/* Holds if there is such a field, cookie or parameter and one of its values
 * matches. At most 64 in a list; name as in the file, a token. */
struct conf_named_regex {
	struct slice name; /* NUL-terminated */
	struct conf_regex re;
};

struct conf_named_regexes {
	struct conf_named_regex *at;
	unsigned n;
};

/* Conditions, of which all must hold; what is absent holds. */
struct conf_match {
	struct slice path;   /* prefix on segment borders; p NULL: none */
	struct slice path_is;
	struct conf_regex path_re;
	struct conf_list methods;  /* n 0: any */
	uint64_t listeners;  /* bit per listener index; 0: any */
	struct conf_named_regexes headers, cookies, query;
	struct conf_networks clients; /* n 0: any */
};

struct conf_edit {
	struct slice name;
	struct conf_template value;
};

/* What is done to the fields of a head: first remove, then set, then add. At
 * most 64 of each. No name is of what belongs to a connection (Connection,
 * TE, Upgrade ...), nor Content-Length or Expect, nor, in requests, Host;
 * no name is twice in set, but it may be in add. Each of the three is the
 * site's unless the route has it. */
struct conf_edits {
	struct conf_list remove;
	struct conf_edit *set, *add;
	unsigned nset, nadd;
};

struct conf_error_page {
	uint16_t *status; /* for these */
	unsigned nstatus;
	const char *file;        /* absolute */
	struct slice body, type; /* at most 204800 bytes; by the file's name */
};

#define CONF_OF_LISTENER UINT64_MAX

enum conf_cache_part { CACHE_BY_HOST, CACHE_BY_TARGET, CACHE_BY_SCHEME,
	CACHE_BY_HEADER, CACHE_BY_COOKIE };

struct conf_cache_key {
	enum conf_cache_part by;
	struct slice name; /* CACHE_BY_HEADER, CACHE_BY_COOKIE */
};

/* How a route uses the cache: what the group `cache` says, changed by what the
 * site and the route say. */
struct conf_cache {
	bool on;              /* cache = true, or a group */
	uint64_t max_object;
	uint64_t default_ttl, max_ttl;
	uint64_t stale_while_revalidate, stale_if_error;
	uint64_t max_stale;
	uint32_t collapse;    /* how long a request waits for another one's
			       * response; then it goes alone */
	struct conf_list ignore_query; /* names of parameters, with * and ? */
	struct conf_cache_key *key;    /* each at most once */
	unsigned nkey;
	bool status_header;
	struct conf_networks purge_from;
};

/* What is done to requests and responses. A route's is a copy of its site's,
 * changed by what the route says. */
struct conf_policy {
	struct slice strip_prefix, add_prefix; /* n 0: none; else with a "/"
						* before, and none behind */
	struct {
		struct conf_regex re;
		struct conf_template to;
	} rewrite;
	struct conf_edits request, response;
	struct conf_list hide;
	bool rewrite_location, rewrite_cookies;
	bool websocket;
	bool buffer_request;
	uint64_t max_body; /* CONF_OF_LISTENER: as the listener says */
	/* No two for one status have the same type. */
	struct conf_error_page *errors;
	unsigned nerrors;
	struct conf_cache cache;
	struct conf_networks allow;        /* n 0: all */
	struct conf_networks deny_clients;
};

/* CONF_SPLIT: by client, each in its pool for as long as the weights stay. */
struct conf_part_of {
	const struct conf_pool *pool;
	unsigned weight;
};

enum conf_action { CONF_POOL, CONF_SPLIT, CONF_REDIRECT, CONF_RESPOND,
	CONF_DENY };

struct conf_route {
	unsigned index;      /* in its site, from 0 */
	struct conf_match match;
	struct conf_match *nots; /* none of which may hold; none is empty */
	unsigned nnots;
	struct conf_policy policy;
	enum conf_action action;
	const struct conf_pool *pool;
	struct conf_part_of *split;
	unsigned nsplit;
	unsigned split_sum; /* of the weights: 1 at least */
	struct {
		struct conf_template to;
		unsigned status;
	} redirect;
	struct {
		unsigned status;
		struct slice body, type;
		const char *file; /* absolute; NULL: it says the body itself */
	} respond;
	unsigned deny; /* status */
};

struct conf_site {
	const char *name;
	struct conf_list hosts; /* lower case, "*.x" as ".x", "*" as "*" */
	struct conf_policy policy;
	struct conf_route *routes;
	unsigned nroutes;
};

struct conf_host_entry {
	struct slice host; /* exact, or ".x" for *.x */
	const struct conf_site *site;
};

#define CONF_ACCESS_LOGS 8

struct conf {
	const char *file; /* absolute; NULL in quick mode */
	const char *user, *group;
	unsigned workers_min, workers_max;
	unsigned workers_recycle_after; /* requests, 0: never */
	unsigned connections;
	bool connections_given;
	unsigned gates; /* 0: one per CPU; see conf_has_gates */
	uint64_t buffers;
	const char *pid_file; /* NULL: none */
	struct {
		const char *path; /* NULL: none */
		unsigned mode;
		const char *group; /* NULL: the master's */
	} control;
	const char *state_dir; /* absolute; NULL: none */
	struct addr *resolvers; /* with ports; n 0: those of resolv.conf */
	unsigned nresolvers;
	struct {
		uint64_t size;    /* bytes of the area; 0: no cache */
		const char *file; /* absolute; NULL: memory alone */
		struct conf_cache rules; /* what routes begin with */
	} cache;
	struct conf_log error_log;
	struct conf_access_log access_logs[CONF_ACCESS_LOGS];
	unsigned naccess_logs;
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

/* A change of the backends at run time. */
struct conf_change {
	enum { CHANGE_ADD, CHANGE_REMOVE } kind;
	const char *pool, *name;
	const char *address; /* CHANGE_ADD, and what follows */
	unsigned weight, max_connections;
	bool backup;
};

/* Changes at run time, applied in their order to what the file says. What the
 * file says already, or that names what the file has no more, is passed over
 * with a warning. */
struct conf_changes {
	const struct conf_change *at;
	unsigned n;
	unsigned workers_min, workers_max; /* 0: the file's */
};

/* What the command line says beside the file. */
struct conf_options {
	bool foreground; /* -f: error_log defaults to stderr */
	const char *listen;       /* -l ADDRESS, quick mode, or NULL */
	const char *const *backends; /* -b ADDRESS ..., NULL-terminated */
	const struct conf_changes *changes; /* NULL: none */
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
 * type, default and meaning, tab-separated: what the check of the man page
 * and the file of all defaults are made from. */
void conf_list_keywords(FILE *to);

/* True if a listener or a backend has TLS; if a backend has. */
bool conf_has_gates(const struct conf *conf);
bool conf_has_tls_backends(const struct conf *conf);

/* True if there is a cache and a route uses it; bytes of the largest response
 * that one of them, or a site's that says nothing else, may store. */
bool conf_has_cache(const struct conf *conf);
uint64_t conf_cache_object(const struct conf *conf);

/* True if one of the networks has the address. */
bool conf_is_among(const struct conf_networks *list, const struct addr *a);

/* True if that peer has to begin with a PROXY header. */
bool conf_owes_proxy(const struct conf_listener *l, const struct addr *peer);

/* Gives the address of a backend the port that its checks go to. */
void conf_turn_to_check(const struct conf_pool *pool, struct addr *at);

/* NULL if there is none of that name. */
const struct conf_pool *conf_find_pool(const struct conf *conf,
    const char *name);
const struct conf_backend *conf_find_backend(const struct conf_pool *pool,
    const char *name);

/* The site of a host: exact, then the longest wildcard, then "*"; NULL if
 * none. host: lower case, without port. */
const struct conf_site *conf_find_site(const struct conf *conf,
    struct slice host);

/* True if a site names it as it is: by no wildcard. host: as above. */
bool conf_names_host(const struct conf *conf, struct slice host);

#endif
