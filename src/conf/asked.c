/* SPDX-License-Identifier: BSD-2-Clause */
/* What several roles ask of a configuration. */
#include <netinet/in.h>

#include "conf/conf.h"

bool conf_has_tls_backends(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++)
			if (conf->pools[i].backends[k].tls)
				return true;
	return false;
}

bool conf_has_gates(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->nlisteners; i++)
		if (conf->listeners[i].tls.on)
			return true;
	return conf_has_tls_backends(conf);
}

bool conf_is_among(const struct conf_networks *list, const struct addr *a)
{
	for (unsigned i = 0; i < list->n; i++)
		if (network_has(&list->at[i], a))
			return true;
	return false;
}

bool conf_owes_proxy(const struct conf_listener *l, const struct addr *peer)
{
	return l->proxy_protocol && (l->proxy_peers.n == 0
	    || conf_is_among(&l->proxy_peers, peer));
}

void conf_turn_to_check(const struct conf_pool *pool, struct addr *at)
{
	uint16_t port = htons(pool->health.port);

	if (port && at->sa.sa_family == AF_INET)
		at->in.sin_port = port;
	else if (port && at->sa.sa_family == AF_INET6)
		at->in6.sin6_port = port;
}

bool conf_has_cache(const struct conf *conf)
{
	if (conf->cache.size == 0)
		return false;
	for (unsigned i = 0; i < conf->nsites; i++)
		for (unsigned k = 0; k < conf->sites[i].nroutes; k++)
			if (conf->sites[i].routes[k].policy.cache.on)
				return true;
	return false;
}

uint64_t conf_cache_object(const struct conf *conf)
{
	uint64_t most = conf->cache.rules.max_object;

	for (unsigned i = 0; i < conf->nsites; i++)
		for (unsigned k = 0; k < conf->sites[i].nroutes; k++) {
			const struct conf_cache *rules =
			    &conf->sites[i].routes[k].policy.cache;
			if (rules->on && rules->max_object > most)
				most = rules->max_object;
		}
	return most;
}
