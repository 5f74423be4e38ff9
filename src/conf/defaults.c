/* SPDX-License-Identifier: BSD-2-Clause */
/* Defaults that depend on the machine, the options or the rest. */
#include "conf/defaults.h"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/heap.h"
#include "conf/load.h"

#ifndef RUNDIR
#define RUNDIR "/run"
#endif

#define WORKERS 128
#define BUFFERS_LEAST (64u << 20)
#define BUFFERS_EACH (20u << 10)

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned most(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	return (unsigned)most(1, (unsigned)CPU_COUNT(&set));
}

/* A default gives way to the bound that the file sets. */
static void fill_workers(struct conf *conf)
{
	unsigned cpus = least(count_cpus(), WORKERS);
	unsigned low = least(most(2 * cpus, 4), WORKERS);
	unsigned high = least(16 * cpus, WORKERS);

	if (conf->workers_min == 0)
		conf->workers_min = conf->workers_max
		    ? least(low, conf->workers_max) : low;
	if (conf->workers_max == 0)
		conf->workers_max = most(high, conf->workers_min);
}

static unsigned line_of(struct load *l, const char *name)
{
	config_setting_t *s = config_lookup(&l->file, name);

	return s ? config_setting_source_line(s) : 0;
}

static void fill_user(struct load *l)
{
	struct conf *conf = l->conf;

	if (conf->user == NULL) {
		conf->user = getpwnam("portico") ? "portico"
		    : getpwnam("nobody") ? "nobody" : NULL;
		if (conf->user == NULL && geteuid() == 0)
			report_error(&l->report, 0, "there is neither a user "
			    "\"portico\" nor \"nobody\"; name one by "
			    "\"user\"");
		return;
	}
	const struct passwd *pw = getpwnam(conf->user);
	if (pw == NULL)
		report_error(&l->report, line_of(l, "user"), "\"user\" is "
		    "\"%s\", and there is no such user", conf->user);
	else if (pw->pw_uid == 0)
		report_warning(&l->report, line_of(l, "user"), "\"user\" is "
		    "\"%s\": whoever breaks into a worker is root",
		    conf->user);
}

static void fill_group(struct load *l)
{
	struct conf *conf = l->conf;

	if (conf->group) {
		if (getgrnam(conf->group) == NULL)
			report_error(&l->report, line_of(l, "group"),
			    "\"group\" is \"%s\", and there is no such group",
			    conf->group);
		return;
	}
	const struct passwd *pw = conf->user ? getpwnam(conf->user) : NULL;
	const struct group *gr = pw ? getgrgid(pw->pw_gid) : NULL;
	if (gr)
		conf->group = heap_copy(conf, slice_str(gr->gr_name));
}

/* All of them may wait at a time, for a backend or another's response: each
 * with two small pages, where half of all bytes are in small ones. */
static uint64_t buffers_for(unsigned connections)
{
	uint64_t bytes = (uint64_t)connections * BUFFERS_EACH;

	return bytes > BUFFERS_LEAST ? bytes : BUFFERS_LEAST;
}

/* "" is the reader's word for false. */
static void fill_files(struct load *l)
{
	struct conf *conf = l->conf;

	if (conf->pid_file == NULL)
		conf->pid_file = geteuid() == 0 ? RUNDIR "/portico.pid" : NULL;
	else if (*conf->pid_file == '\0')
		conf->pid_file = NULL;
	conf->connections_given = line_of(l, "connections") != 0;
	if (conf->buffers == 0)
		conf->buffers = buffers_for(conf->connections);
	if (conf->error_log.kind != CONF_LOG_OFF)
		return;
	if (l->options->foreground) {
		conf->error_log.kind = CONF_LOG_STDERR;
	} else {
		conf->error_log.kind = CONF_LOG_SYSLOG;
		conf->error_log.facility = LOG_DAEMON;
	}
}

static const char *beside(struct conf *conf, const char *pid_file)
{
	struct slice s = slice_str(pid_file);

	if (slice_ends(s, SLICE(".pid")))
		s.n -= 4;
	return heap_printf(conf, "%.*s.sock", SLICE_FMT(s));
}

/* A place that the file did not name is no reason to refuse it. */
static void fill_control(struct load *l)
{
	struct conf *conf = l->conf;
	struct addr a;

	if (conf->control.mode == 0)
		conf->control.mode = 0600;
	if (conf->control.path && *conf->control.path == '\0') {
		conf->control.path = NULL;
		return;
	}
	if (conf->control.path == NULL && conf->pid_file) {
		conf->control.path = beside(conf, conf->pid_file);
		if (strlen(conf->control.path) >= sizeof a.un.sun_path) {
			report_warning(&l->report, line_of(l, "pid_file"),
			    "there is no control socket: its path would be "
			    "too long; name one by \"control\"");
			conf->control.path = NULL;
		}
	} else if (conf->control.path == NULL && line_of(l, "control")) {
		report_error(&l->report, line_of(l, "control"), "\"control\" "
		    "needs \"socket\": there is no pid_file to put it "
		    "beside");
	} else if (conf->control.path && conf->pid_file
	    && strcmp(conf->control.path, conf->pid_file) == 0) {
		report_error(&l->report, line_of(l, "control"), "\"control\" "
		    "is \"%s\", which is the pid_file", conf->pid_file);
	}
	if (conf->control.group && getgrnam(conf->control.group) == NULL)
		report_error(&l->report, line_of(l, "control.group"),
		    "\"group\" in control is \"%s\", and there is no such "
		    "group", conf->control.group);
}

static void add_site(struct load *l)
{
	struct conf *conf = l->conf;
	struct conf_site *site = heap_alloc(conf, 1, sizeof *site);
	struct conf_route *route = heap_alloc(conf, 1, sizeof *route);
	struct slice *every = heap_alloc(conf, 1, sizeof *every);

	site->policy.max_body = CONF_OF_LISTENER;
	load_group(l, "sites.NAME", NULL, "site \"default\"", site);
	*every = SLICE("*");
	site->name = "default";
	site->hosts = (struct conf_list){every, 1};
	site->routes = route;
	site->nroutes = 1;
	route->action = CONF_POOL;
	route->pool = conf->pools;
	route->policy = site->policy;
	conf->sites = site;
	conf->nsites = 1;
}

/* One pool needs no sites to be said: everything goes there. */
static void fill_sites(struct load *l)
{
	struct conf *conf = l->conf;

	if (conf->nsites)
		return;
	if (conf->npools != 1) {
		if (l->report.errors == 0)
			report_error(&l->report, 0, conf->npools
			    ? "there are several pools and no sites; say by "
			    "\"sites\" which requests go where"
			    : "there is neither a pool nor a site; write "
			    "pools = { app = { backends = "
			    "\"127.0.0.1:3000\"; }; };");
		return;
	}
	add_site(l);
}

/* A check asks for the host that requests ask for, where there is but one. */
static void fill_checks(struct conf *conf)
{
	for (unsigned i = 0; i < conf->npools; i++) {
		struct conf_pool *pool = &conf->pools[i];
		if (pool->host == CONF_HOST_NAME && pool->health.host.n == 0)
			pool->health.host = pool->host_name;
	}
}

void defaults_fill(struct load *l)
{
	fill_workers(l->conf);
	fill_user(l);
	fill_group(l);
	fill_files(l);
	fill_control(l);
	fill_checks(l->conf);
	fill_sites(l);
}
