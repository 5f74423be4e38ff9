/* SPDX-License-Identifier: BSD-2-Clause */
/* portico(8): the command line; the only file that names all roles. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/title.h"
#include "conf/conf.h"
#include "gate/check.h"
#include "gate/gate.h"
#include "gate/selfsigned.h"
#include "logger/logger.h"
#include "master/inspect.h"
#include "master/master.h"
#include "master/upgrade.h"
#include "roles.h"
#include "steward/steward.h"
#include "worker/explain.h"
#include "worker/stored.h"
#include "worker/worker.h"

#define BACKENDS_MOST 64
#define FIELDS_MOST 64

static const char usage[] =
    "usage: portico [-f] [-c FILE]\n"
    "       portico -t | -T [-c FILE]\n"
    "       portico -x REQUEST [-H FIELD ...] [-a ADDRESS] [-c FILE]\n"
    "       portico [-f] -l ADDRESS -b ADDRESS [-b ADDRESS ...]\n"
    "       portico --self-signed FOLDER [NAME ...]\n"
    "       portico -V | -h\n"
    "\n"
    "  -c FILE     configuration (" SYSCONFDIR "/portico/portico.conf)\n"
    "  -f          stay in the foreground, log to standard error\n"
    "  -t          test the configuration and leave\n"
    "  -T          print the configuration with every default and leave\n"
    "  -x REQUEST  explain what becomes of \"GET http://host/path\"\n"
    "  -H FIELD    ... that has \"Name: value\" in its head\n"
    "  -a ADDRESS  ... and comes from there (127.0.0.1)\n"
    "  -l ADDRESS  without a file: listen here ...\n"
    "  -b ADDRESS  ... and forward to this backend; may be repeated\n"
    "  -V          print the version and leave\n"
    "  -h          print this and leave\n"
    "  --self-signed FOLDER\n"
    "              make a certificate for tests there, for these names, and "
    "leave\n";

struct command {
	const char *file;
	struct conf_options options;
	const char *backends[BACKENDS_MOST + 1];
	unsigned nbackends;
	const char *fields[FIELDS_MOST + 1];
	unsigned nfields;
	struct explain explain;
	const char *folder;       /* of --self-signed */
	const char *const *names; /* what follows the options */
	int legacy; /* its descriptor: master/legacy.h */
	char mode; /* t, T, x, S, y, U, R, or 0: run */
};

static const struct option long_options[] = {
	{"self-signed", required_argument, NULL, 'S'},
	/* of a master that is upgraded, to the program that follows it, and
	 * from that back to this one */
	{"try", required_argument, NULL, 'y'},
	{"upgrade", required_argument, NULL, 'U'},
	{"return", required_argument, NULL, 'R'},
	{NULL, 0, NULL, 0},
};

static struct command asked;

static _Noreturn void run_worker(unsigned n, const struct conf *conf)
{
	worker_main(n, conf, steward_revive);
}

static void run_steward(unsigned n, const struct conf *conf,
    unsigned generation, int master)
{
	const struct steward_task task = {conf, generation, master,
	    !asked.options.foreground, run_worker, stored_subject};

	steward_main(n, &task);
}

static void run_logger(unsigned n, int control)
{
	if (!asked.options.foreground)
		fd_let_go_of_stdio();
	logger_main(n, control);
}

static void run_gate(unsigned n, const struct gate_task *gate)
{
	if (!asked.options.foreground)
		fd_let_go_of_stdio();
	gate_main(n, gate);
}

static struct master_task task = {
	.steward = run_steward,
	.logger = run_logger,
	.gate = run_gate,
	.check_tls = check_tls,
};

static _Noreturn void leave(int code, FILE *to, const char *text)
{
	fputs(text, to);
	exit(code);
}

static void add_backend(struct command *c, const char *address)
{
	if (c->nbackends == BACKENDS_MOST)
		leave(EXIT_USAGE, stderr, "portico: too many -b\n");
	c->backends[c->nbackends++] = address;
}

static void add_field(struct command *c, const char *field)
{
	if (c->nfields == FIELDS_MOST)
		leave(EXIT_USAGE, stderr, "portico: too many -H\n");
	c->fields[c->nfields++] = field;
}

static void read_option(struct command *c, int option)
{
	switch (option) {
	case 'c':
		c->file = optarg;
		break;
	case 'f':
		c->options.foreground = true;
		break;
	case 't':
	case 'T':
		c->mode = (char)option;
		break;
	case 'x':
		c->mode = 'x';
		c->explain.request = optarg;
		break;
	case 'H':
		add_field(c, optarg);
		break;
	case 'a':
		c->explain.client = optarg;
		break;
	case 'l':
		c->options.listen = optarg;
		break;
	case 'b':
		add_backend(c, optarg);
		break;
	case 'S':
		c->mode = 'S';
		c->folder = optarg;
		break;
	case 'y':
	case 'U':
	case 'R':
		c->mode = (char)option;
		c->legacy = atoi(optarg);
		break;
	case 'K':
		conf_list_keywords(stdout);
		exit(EXIT_FINE);
	case 'V':
		leave(EXIT_FINE, stdout, "portico " PACKAGE_VERSION "\n");
	case 'h':
		leave(EXIT_FINE, stdout, usage);
	default:
		leave(EXIT_USAGE, stderr, usage);
	}
}

static void read_command(struct command *c, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:ftTx:H:a:l:b:KVh",
	    long_options, NULL)) != -1)
		read_option(c, option);
	c->names = (const char *const *)argv + optind;
	if (optind < argc && c->mode != 'S')
		leave(EXIT_USAGE, stderr, usage);
	if ((c->options.listen != NULL) != (c->nbackends > 0))
		leave(EXIT_USAGE, stderr,
		    "portico: -l and -b go together\n");
	if (c->options.listen && c->file)
		leave(EXIT_USAGE, stderr,
		    "portico: either -c, or -l and -b\n");
	if (c->nbackends)
		c->options.backends = c->backends;
	if (c->options.listen == NULL && c->file == NULL)
		c->file = SYSCONFDIR "/portico/portico.conf";
}

/* The master changes its folder; a reload must find the file again. */
static const char *absolute(const char *file)
{
	char *path = file ? realpath(file, NULL) : NULL;

	return path ? path : file;
}

/* With its certificates. */
static int test(const struct conf *conf)
{
	if (!inspect_now(&task, conf, stderr))
		return EXIT_FAILED;
	fprintf(stderr, "portico: %s is fine\n",
	    asked.file ? asked.file : "the configuration");
	return EXIT_FINE;
}

/* What looks at the configuration, and leaves. */
static int look_at(const struct conf *conf)
{
	asked.explain.fields = asked.fields;
	switch (asked.mode) {
	case 't':
		return test(conf);
	case 'x':
		return explain_request(conf, &asked.explain, stdout, stderr)
		    ? EXIT_FINE : EXIT_USAGE;
	default:
		conf_dump(conf, stdout);
		return EXIT_FINE;
	}
}

/* Without what the old program has put behind our name. */
static char **own_arguments(char **argv)
{
	char *name = argv[0];

	argv[0] = argv[2];
	argv[2] = name;
	return argv + 2;
}

/* The configuration is read once it is known where it is. */
static int follow_old_program(int argc, char **argv)
{
	if (argc < 3 || asked.legacy <= STDERR_FILENO)
		leave(EXIT_USAGE, stderr, usage);
	task.options = asked.options;
	task.argv = own_arguments(argv);
	task.legacy = asked.legacy;
	task.returns = asked.mode == 'R';
	return asked.mode == 'y' ? upgrade_try(&task, asked.legacy)
	    : master_run_on(&task);
}

int main(int argc, char **argv)
{
	title_init(argc, argv);
	read_command(&asked, argc, argv);
	if (asked.mode && strchr("yUR", asked.mode))
		return follow_old_program(argc, argv);
	if (asked.mode == 'S')
		return selfsigned_make(asked.folder, asked.names, stdout,
		    stderr);
	struct conf *conf = conf_load(asked.file, &asked.options, stderr);
	if (conf == NULL)
		return EXIT_FAILED;
	if (asked.mode) {
		int code = look_at(conf);
		conf_free(conf);
		return code;
	}
	task.argv = argv;
	task.legacy = -1;
	task.file = absolute(asked.file);
	task.options = asked.options;
	return master_run(&task, conf);
}
