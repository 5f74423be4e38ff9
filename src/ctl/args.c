/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of porticoctl(8), read by the table of its commands. */
#include "ctl/args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"
#include "conf/suggest.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"

static const struct option long_options[] = {
	{"json", no_argument, NULL, 'j'},
	{"wait", optional_argument, NULL, 'w'},
	{"graceful", no_argument, NULL, 'g'},
	{"force", no_argument, NULL, 'f'},
	{"soft", no_argument, NULL, 'S'},
	{"host", required_argument, NULL, 'H'},
	{"prefix", required_argument, NULL, 'P'},
	{"re", required_argument, NULL, 'R'},
	{"tag", required_argument, NULL, 'T'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static const struct {
	int letter;
	unsigned bit;
	const char *name;
} own_options[] = {
	{'w', ARGS_WAIT, "--wait"},
	{'g', ARGS_GRACEFUL, "--graceful"},
	{'f', ARGS_FORCE, "--force"},
	{'n', ARGS_LOOKS, "-n"},
	{'S', ARGS_SOFT, "--soft"},
	{'H', ARGS_BAN, "--host"},
	{'P', ARGS_BAN, "--prefix"},
	{'R', ARGS_BAN, "--re"},
	{'T', ARGS_BAN, "--tag"},
};

#define OWN_OPTIONS (sizeof own_options / sizeof own_options[0])

static void print_usage(FILE *to)
{
	fputs("usage: porticoctl [-s SOCKET | -c FILE] [--json] COMMAND\n"
	    "       porticoctl -h | -V\n\n", to);
	for (unsigned i = 0; i < command_count; i++) {
		const struct command *c = &command_table[i];
		int n = fprintf(to, "  %s %s", c->name, c->arguments);

		if (n > 45)
			n = fprintf(to, "\n") - 1;
		fprintf(to, "%*s%s\n", 47 - n, "", c->doc);
	}
	fputs("\n"
	    "  -s SOCKET  the master's socket\n"
	    "  -c FILE    the configuration that says where that is\n"
	    "             (" SYSCONFDIR "/portico/portico.conf)\n"
	    "  --json     the answer is one JSON object\n"
	    "  -V         print the version and leave\n"
	    "  -h         print this and leave\n", to);
}

static bool leave(int *code, int with)
{
	*code = with;
	return false;
}

static bool refuse(int *code, const char *about, const char *wrong)
{
	fprintf(stderr, "porticoctl: %s%s%s; porticoctl -h lists what there "
	    "is\n", about, *about ? ": " : "", wrong);
	return leave(code, CTL_USAGE);
}

static bool read_count(const char *text, const char *option, unsigned *to,
    int *code)
{
	uint64_t v;

	if (text && (!slice_u64(slice_str(text), &v) || v == 0
	    || v > 1000000)) {
		fprintf(stderr, "porticoctl: %s is \"%s\", and should be a "
		    "number from 1 to 1000000\n", option, text);
		return leave(code, CTL_USAGE);
	}
	*to = text ? (unsigned)v : 0;
	return true;
}

static bool read_own(struct args *a, int letter, int *code)
{
	for (size_t i = 0; i < OWN_OPTIONS; i++)
		if (own_options[i].letter == letter)
			a->given |= own_options[i].bit;
	switch (letter) {
	case 'H':
		a->host = optarg;
		return true;
	case 'P':
		a->prefix = optarg;
		return true;
	case 'R':
		a->re = optarg;
		return true;
	case 'T':
		a->tag = optarg;
		return true;
	default:
		break;
	}
	if (letter == 'w')
		return read_count(optarg, "--wait", &a->seconds, code);
	if (letter == 'n')
		return read_count(optarg, "-n", &a->looks, code);
	return true;
}

static bool read_option(struct args *a, int letter, int *code)
{
	switch (letter) {
	case 's':
		a->socket = optarg;
		return true;
	case 'c':
		a->file = optarg;
		return true;
	case 'j':
		a->json = true;
		return true;
	case 'V':
		puts("porticoctl " PACKAGE_VERSION);
		return leave(code, CTL_FINE);
	case 'h':
		print_usage(stdout);
		return leave(code, CTL_FINE);
	case '?':
		fputs("porticoctl -h lists what there is\n", stderr);
		return leave(code, CTL_USAGE);
	default:
		return read_own(a, letter, code);
	}
}

/* How many of the words are the name of the command; 0: they are not. */
static unsigned match(const struct command *c, char **words, unsigned n)
{
	const char *space = strchr(c->name, ' ');
	size_t first = space ? (size_t)(space - c->name) : strlen(c->name);

	if (n == 0 || strlen(words[0]) != first
	    || memcmp(words[0], c->name, first) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return n > 1 && strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

static bool is_group(const char *word)
{
	return strcmp(word, "backend") == 0 || strcmp(word, "config") == 0
	    || strcmp(word, "cache") == 0;
}

/* "; there are cache ban, ..." */
static void put_commands_of(const char *word, FILE *to)
{
	const char *between = "; there are ";
	size_t n = strlen(word);

	for (unsigned i = 0; i < command_count; i++) {
		const char *name = command_table[i].name;
		if (strncmp(name, word, n) != 0 || name[n] != ' ')
			continue;
		fprintf(to, "%s%s", between, name);
		between = ", ";
	}
}

static bool refuse_command(char **words, unsigned n, int *code)
{
	struct suggest near;
	char given[128];

	if (n == 0)
		return refuse(code, "", "a command is missing");
	bool group = is_group(words[0]), part = group && n > 1;
	snprintf(given, sizeof given, "%s%s%s", words[0], part ? " " : "",
	    part ? words[1] : "");
	suggest_init(&near, given);
	for (unsigned i = 0; i < command_count; i++)
		suggest_offer(&near, command_table[i].name);
	suggest_offer(&near, "backend");
	suggest_offer(&near, "config");
	suggest_offer(&near, "cache");
	const char *tail = group && !part ? "" : suggest_tail(&near);
	fprintf(stderr, "porticoctl: there is no command \"%s\"%s", given,
	    tail);
	if (group && *tail == '\0')
		put_commands_of(words[0], stderr);
	putc('\n', stderr);
	return leave(code, CTL_USAGE);
}

static bool find_command(struct args *a, char **words, unsigned n, int *code)
{
	for (unsigned i = 0; i < command_count; i++) {
		const struct command *c = &command_table[i];
		unsigned used = match(c, words, n);

		if (used == 0)
			continue;
		a->command = c;
		n -= used;
		if (n < c->least || n > c->most)
			return refuse(code, c->name, n < c->least
			    ? "an argument is missing"
			    : "that are too many arguments");
		a->nwords = n;
		memcpy(a->words, words + used, n * sizeof *words);
		return true;
	}
	return refuse_command(words, n, code);
}

static bool check(const struct args *a, int *code)
{
	for (size_t i = 0; i < OWN_OPTIONS; i++)
		if (a->given & ~a->command->options & own_options[i].bit)
			return refuse(code, own_options[i].name,
			    "this command does not take it");
	if (a->socket && a->file)
		return refuse(code, "", "either -s or -c");
	return true;
}

bool args_read(struct args *to, int argc, char **argv, int *code)
{
	int letter;

	memset(to, 0, sizeof *to);
	while ((letter = getopt_long(argc, argv, "s:c:n:hV", long_options,
	    NULL)) != -1)
		if (!read_option(to, letter, code))
			return false;
	return find_command(to, argv + optind, (unsigned)(argc - optind), code)
	    && check(to, code);
}
