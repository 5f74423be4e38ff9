/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of keywords that keywords.def declares. */
#ifndef CONF_KEYWORD_H
#define CONF_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TYPE(id, function, name): read_<function> and write_<function> of read.h
 * and dump.c go from the file to the object and back. */
#define KEYWORD_TYPES                                                          \
	TYPE(GROUP, group, "group")                                            \
	TYPE(ACCESS, access, "list of groups, or false")                       \
	TYPE(LISTENERS, listeners, "named groups")                             \
	TYPE(POOLS, pools, "named groups")                                     \
	TYPE(SITES, sites, "named groups")                                     \
	TYPE(BACKENDS, backends, "list of addresses or groups")                \
	TYPE(ROUTES, routes, "list of groups")                                 \
	TYPE(BOOL, bool, "boolean")                                            \
	TYPE(COUNT, count, "number")                                           \
	TYPE(SIZE, size, "size")                                               \
	TYPE(TIME, time, "duration")                                           \
	TYPE(TEXT, text, "string")                                             \
	TYPE(FILE, file, "file or false")                                      \
	TYPE(LOG, log, "log")                                                  \
	TYPE(FOLDER, folder, "folder or false")                                \
	TYPE(CONTROL, control, "path, group or false")                         \
	TYPE(SOCKET, socket, "path")                                           \
	TYPE(MODE, mode, "string")                                             \
	TYPE(RESOLVERS, resolvers, "list of addresses")                        \
	TYPE(LEVEL, level, "level")                                            \
	TYPE(FORMAT, format, "string")                                         \
	TYPE(ONLY, only, "string")                                             \
	TYPE(SHARE, share, "percentage")                                       \
	TYPE(RATE, rate, "rate")                                               \
	TYPE(ADDRESSES, addresses, "list of addresses")                        \
	TYPE(NETWORKS, networks, "list of networks")                           \
	TYPE(TLS, tls, "group, files or false")                                \
	TYPE(CERTIFICATES, certificates, "list of files or groups")            \
	TYPE(VERSION, version, "string")                                       \
	TYPE(SUITES, suites, "list of strings")                                \
	TYPE(VERIFY, verify, "string")                                         \
	TYPE(HSTS, hsts, "duration or false")                                  \
	TYPE(PROXY, proxy, "boolean or list of networks")                      \
	TYPE(GATES, gates, "number or string")                                 \
	TYPE(POOL_TLS, pool_tls, "group or boolean")                           \
	TYPE(SERVER, server, "name of a host")                                 \
	TYPE(ADDRESS, address, "address")                                      \
	TYPE(NAME, name, "string")                                             \
	TYPE(BALANCE, balance, "string")                                       \
	TYPE(HASH_KEY, hash_key, "string")                                     \
	TYPE(STATE, state, "string")                                           \
	TYPE(MEMBERS, members, "number")                                       \
	TYPE(STICKY, sticky, "group or false")                                 \
	TYPE(COOKIE, cookie, "name of a cookie")                               \
	TYPE(SECRET, secret, "string")                                         \
	TYPE(HEALTH, health, "group or false")                                 \
	TYPE(CHECK_PATH, check_path, "path")                                   \
	TYPE(CHECK_HOST, check_host, "host")                                   \
	TYPE(METHOD, method, "method")                                         \
	TYPE(STATUS_SET, status_set, "list of statuses")                       \
	TYPE(BODY_RE, body_re, "regular expression")                           \
	TYPE(PASSIVE, passive, "group or false")                               \
	TYPE(PERCENT, percent, "percentage")                                   \
	TYPE(FALLBACK, fallback, "name of a pool")                             \
	TYPE(WHEN_DOWN, when_down, "string")                                   \
	TYPE(HOST, host, "string")                                             \
	TYPE(RETRY, retry, "list of strings")                                  \
	TYPE(HOSTS, hosts, "list of hosts")                                    \
	TYPE(FIELDS, fields, "list of field names")                            \
	TYPE(REMOVE, remove, "list of field names")                            \
	TYPE(EDITS, edits, "group of values")                                  \
	TYPE(HEADERS, headers, "group")                                        \
	TYPE(NAMED, named, "group of regular expressions")                     \
	TYPE(NOTS, nots, "list of groups")                                     \
	TYPE(CLIENTS, clients, "list of networks")                             \
	TYPE(ALLOW, allow, "list of networks, or false")                       \
	TYPE(PREFIX, prefix, "path")                                           \
	TYPE(REWRITE, rewrite, "group or false")                               \
	TYPE(REWRITE_TO, rewrite_to, "path")                                   \
	TYPE(ERRORS, errors, "list of groups")                                 \
	TYPE(STATUSES, statuses, "list of statuses")                           \
	TYPE(CACHE_AREA, cache_area, "group")                                  \
	TYPE(CACHE, cache, "group or boolean")                                 \
	TYPE(CACHE_KEY, cache_key, "list of strings")                          \
	TYPE(GLOBS, globs, "list of names")                                    \
	TYPE(PAGE, page, "file")                                               \
	TYPE(PATH, path, "path")                                               \
	TYPE(REGEX, regex, "regular expression")                               \
	TYPE(METHODS, methods, "list of methods")                              \
	TYPE(LISTENER_NAMES, listener_names, "list of listeners")              \
	TYPE(POOL, pool, "name of a pool")                                     \
	TYPE(SPLIT, split, "group of weights")                                 \
	TYPE(REDIRECT, redirect, "group")                                      \
	TYPE(RESPOND, respond, "group")                                        \
	TYPE(DENY, deny, "status")                                             \
	TYPE(TARGET, target, "path or URI")                                    \
	TYPE(BODY, body, "string")                                             \
	TYPE(MEDIA, media, "media type")

enum keyword_type {
#define TYPE(id, function, name) KEY_##id,
	KEYWORD_TYPES
#undef TYPE
	KEY_TYPES
};

#define KEYWORD_PATH 64 /* bytes of a group's path at most */

struct keyword {
	const char *group; /* "pools.NAME.timeouts"; "" at the top */
	const char *name;
	enum keyword_type type;
	size_t at;         /* offset and */
	size_t width;      /* size of its member in the group's struct */
	const char *fallback;
	uint64_t least, most;
	const char *doc;
};

extern const struct keyword keyword_table[];
extern const unsigned keyword_count;

/* NULL if the group has no such key. */
const struct keyword *keyword_find(const char *group, const char *name);

/* The default of a route's key that its site has, too. */
#define KEYWORD_INHERITED "(of the site)"
bool keyword_is_inherited(const struct keyword *k);

/* It is a key of routes, or of a group of theirs. */
bool keyword_is_of_route(const struct keyword *k);

/* The policy of the site or route at base, which the key belongs to. */
struct conf_policy;
struct conf_policy *keyword_policy(const struct keyword *k, void *base);

/* Its default is prose: not to be read. */
bool keyword_is_prose(const struct keyword *k);
bool keyword_is_required(const struct keyword *k);

/* The path of the group that k opens; to has KEYWORD_PATH bytes. tail is ""
 * or ".NAME" for groups whose members have names. */
void keyword_path(const struct keyword *k, const char *tail, char *to);

#endif
