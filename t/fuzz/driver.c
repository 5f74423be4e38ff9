/* SPDX-License-Identifier: BSD-2-Clause */
/* Drives a fuzz entry without libFuzzer: replays a corpus, mutates it. */

/* Usage: fuzz_X FILE-OR-FOLDER ... It speaks TAP. From the environment:
 * FUZZ_SECONDS, how long to mutate (6; 0: only replay), and FUZZ_SEED, which
 * repeats a run. The input that ends the program, or takes ten seconds, is
 * kept as crash-NAME in the folder where it runs. */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX 65536u
#define SEEDS_MAX 4096u
#define ROUNDS_PER_LOOK 64u
#define STUCK_SECONDS 10u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
const char *__asan_default_options(void);

struct input {
	uint8_t *bytes;
	size_t n;
};

static struct input seeds[SEEDS_MAX];
static unsigned nseeds;
static uint64_t random_state;
static struct input now;
static char crash_path[128];

/* ASan leaves without a signal unless told; the input would be lost. */
const char *__asan_default_options(void)
{
	return "abort_on_error=1:handle_abort=0";
}

static void keep_input(int sig)
{
	static const char said[] = "\nBail out! the input is kept in ";
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n = 0;

	if (fd >= 0)
		n = write(fd, now.bytes, now.n);
	n = write(STDOUT_FILENO, said, sizeof said - 1);
	n = write(STDOUT_FILENO, crash_path, strlen(crash_path));
	n = write(STDOUT_FILENO, "\n", 1);
	(void)n;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_ends(const char *program)
{
	static const int ends[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGTRAP, SIGALRM};
	const char *slash = strrchr(program, '/');

	snprintf(crash_path, sizeof crash_path, "crash-%.100s",
	    slash ? slash + 1 : program);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		signal(ends[i], keep_input);
}

/* xorshift64*: quick, and the same everywhere for the same seed. */
static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1du;
}

static size_t random_below(size_t n)
{
	return n ? (size_t)(random_next() >> 16) % n : 0;
}

static void add_seed(const uint8_t *bytes, size_t n)
{
	if (nseeds == SEEDS_MAX)
		return;
	struct input *in = &seeds[nseeds];
	in->bytes = malloc(n ? n : 1);
	if (in->bytes == NULL)
		exit(EXIT_FAILURE);
	memcpy(in->bytes, bytes, n);
	in->n = n;
	nseeds++;
}

static void read_file(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	add_seed(bytes, fread(bytes, 1, sizeof bytes, f));
	fclose(f);
}

static void read_folder(const char *path)
{
	struct dirent **names;
	char file[4096];
	int n = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(file, sizeof file, "%s/%s", path,
			    names[i]->d_name);
			read_file(file);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* A copy of its own for each run: reading past its end is found by ASan. */
static void run(const uint8_t *bytes, size_t n)
{
	now.bytes = malloc(n ? n : 1);
	if (now.bytes == NULL)
		exit(EXIT_FAILURE);
	memcpy(now.bytes, bytes, n);
	now.n = n;
	LLVMFuzzerTestOneInput(now.bytes, n);
	free(now.bytes);
	now = (struct input){NULL, 0};
}

static size_t flip_bit(uint8_t *b, size_t n)
{
	if (n > 0)
		b[random_below(n)] ^= (uint8_t)(1u << random_below(8));
	return n;
}

static size_t set_byte(uint8_t *b, size_t n)
{
	static const uint8_t telling[] = "\0\r\n\t :;,=\"\\/%.?#@[]{}()-+_0"
		"19aAzZfFxX\x7f\x80\xff";

	if (n > 0)
		b[random_below(n)] = random_below(4)
		    ? telling[random_below(sizeof telling - 1)]
		    : (uint8_t)random_next();
	return n;
}

static size_t cut_out(uint8_t *b, size_t n)
{
	size_t at = random_below(n);
	size_t len = random_below(n - at < 16 ? n - at : 16) + (n > 0);

	memmove(b + at, b + at + len, n - at - len);
	return n - len;
}

static size_t open_gap(uint8_t *b, size_t n, size_t at, size_t len)
{
	if (n + len > INPUT_MAX)
		return 0;
	memmove(b + at + len, b + at, n - at);
	return len;
}

static size_t put_in(uint8_t *b, size_t n)
{
	size_t at = random_below(n + 1);
	size_t len = open_gap(b, n, at, random_below(4) + 1);

	for (size_t i = 0; i < len; i++) {
		b[at + i] = 0;
		set_byte(b + at + i, 1);
	}
	return n + len;
}

static size_t repeat(uint8_t *b, size_t n)
{
	uint8_t piece[256];
	size_t at = random_below(n);
	size_t len = random_below(n - at < sizeof piece ? n - at
	    : sizeof piece);

	memcpy(piece, b + at, len);
	at = random_below(n + 1);
	len = open_gap(b, n, at, len);
	memcpy(b + at, piece, len);
	return n + len;
}

/* The head of this input, the tail of another. */
static size_t splice_in(uint8_t *b, size_t n)
{
	const struct input *other = &seeds[random_below(nseeds)];
	size_t at = random_below(n + 1);
	size_t from = random_below(other->n + 1);
	size_t len = other->n - from;

	if (at + len > INPUT_MAX)
		return n;
	memcpy(b + at, other->bytes + from, len);
	return at + len;
}

static size_t cut_short(uint8_t *b, size_t n)
{
	(void)b;
	return random_below(n + 1);
}

static size_t mutate(uint8_t *b, size_t n)
{
	static size_t (*const ways[])(uint8_t *, size_t) = {flip_bit, set_byte,
		cut_out, put_in, repeat, splice_in, cut_short, set_byte};

	for (size_t times = random_below(6) + 1; times > 0; times--)
		n = ways[random_below(sizeof ways / sizeof ways[0])](b, n);
	return n;
}

/* What was made of a seed takes its place now and then, so that changes add
 * up; the files' own inputs keep the first half of the table. */
static unsigned long mutate_for(unsigned seconds)
{
	static uint8_t bytes[INPUT_MAX];
	unsigned own = nseeds;
	unsigned long rounds = 0;
	time_t end = time(NULL) + (time_t)seconds;

	while (rounds % ROUNDS_PER_LOOK || time(NULL) < end) {
		if (rounds % ROUNDS_PER_LOOK == 0)
			alarm(STUCK_SECONDS);
		const struct input *in = &seeds[random_below(nseeds)];
		memcpy(bytes, in->bytes, in->n);
		size_t n = mutate(bytes, in->n);
		run(bytes, n);
		if (random_below(256) == 0 && nseeds < 2 * own)
			add_seed(bytes, n);
		rounds++;
	}
	alarm(0);
	return rounds;
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	unsigned seconds = (unsigned)number_from("FUZZ_SECONDS", 6);
	unsigned long seed = number_from("FUZZ_SEED",
	    (unsigned long)time(NULL) ^ (unsigned long)getpid() << 20);

	random_state = seed ? seed : 1;
	catch_ends(argv[0]);
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			read_folder(argv[i]);
		else
			read_file(argv[i]);
	}
	add_seed((const uint8_t *)"", 0);
	printf("1..2\n# FUZZ_SEED=%lu\n", seed);
	fflush(stdout);
	alarm(STUCK_SECONDS);
	for (unsigned i = 0; i < nseeds; i++)
		run(seeds[i].bytes, seeds[i].n);
	printf("ok 1 - %u inputs of the corpus\n", nseeds);
	printf("ok 2 - %lu more in %u s\n", mutate_for(seconds), seconds);
	return EXIT_SUCCESS;
}
