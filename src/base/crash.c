/* SPDX-License-Identifier: BSD-2-Clause */
/* A crash leaves a letter: where it was, and what was being done. */
#include "base/crash.h"

#include <execinfo.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define FILES 16
#define FRAMES 32
#define OURS 3 /* frames above the fault: write_trace, leave_letter, kernel */
#define STACK_BYTES 65536
#define PATIENCE_S 5 /* a letter that takes longer is not finished */

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define CAUGHT (sizeof caught / sizeof caught[0])

struct file {
	char name[24];
	uintptr_t base, end;
};

static struct file files[FILES];
static unsigned nfiles;
static char stack[STACK_BYTES];

static struct room {
	char *to;
	size_t n;
} trace, line;
static crash_witness *witness_now;

static sigjmp_buf next_part;
static volatile sig_atomic_t inside, part;

void crash_put(char *to, size_t room, size_t *at, const char *p, size_t n)
{
	for (size_t i = 0; i < n && *at + 1 < room; i++)
		to[(*at)++] = p[i];
	if (*at < room)
		to[*at] = '\0';
}

static void put_hex(size_t *at, uintptr_t v)
{
	char digits[2 + 2 * sizeof v];
	size_t i = sizeof digits;

	do {
		digits[--i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	digits[--i] = 'x';
	digits[--i] = '0';
	crash_put(trace.to, trace.n, at, digits + i, sizeof digits - i);
}

static void put_address(size_t *at, uintptr_t address)
{
	const struct file *f = files;

	while (f < files + nfiles && (address < f->base || address >= f->end))
		f++;
	if (*at)
		crash_put(trace.to, trace.n, at, " ", 1);
	if (f == files + nfiles) {
		crash_put(trace.to, trace.n, at, "?", 1);
		return;
	}
	crash_put(trace.to, trace.n, at, f->name, strlen(f->name));
	crash_put(trace.to, trace.n, at, "+", 1);
	put_hex(at, address - f->base);
}

__attribute__((noinline)) static void write_trace(void)
{
	void *at[FRAMES];
	size_t used = 0;
	int n = backtrace(at, FRAMES);

	for (int i = OURS; i < n && trace.to; i++)
		put_address(&used, (uintptr_t)at[i]);
}

static void write_line(void)
{
	if (witness_now && line.to)
		witness_now(line.to, line.n);
}

static void (*const parts[])(void) = {write_line, write_trace};
#define PARTS (sizeof parts / sizeof parts[0])

/* What the kernel has sent for an instruction comes again by itself, with the
 * registers as they were; what somebody has sent has to be sent again. */
static void end_as_always(int signal_number, const siginfo_t *why)
{
	for (size_t i = 0; i < CAUGHT; i++)
		signal(caught[i], SIG_DFL);
	if (why->si_code <= 0)
		kill(getpid(), signal_number);
}

/* A part that crashes itself is left where it is. */
__attribute__((noinline)) static void leave_letter(int signal_number,
    siginfo_t *why, void *context)
{
	(void)context;
	if (inside)
		siglongjmp(next_part, 1);
	inside = 1;
	signal(SIGALRM, SIG_DFL);
	alarm(PATIENCE_S);
	(void)sigsetjmp(next_part, 0);
	while ((size_t)part < PARTS)
		parts[part++]();
	end_as_always(signal_number, why);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int add_file(struct dl_phdr_info *loaded, size_t size, void *unused)
{
	struct file *f = &files[nfiles];
	size_t at = 0;

	(void)size;
	(void)unused;
	if (nfiles == FILES)
		return 1;
	const char *name = loaded->dlpi_name && loaded->dlpi_name[0]
	    ? last_part(loaded->dlpi_name) : "portico";
	crash_put(f->name, sizeof f->name, &at, name, strlen(name));
	f->base = f->end = loaded->dlpi_addr;
	for (int i = 0; i < loaded->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &loaded->dlpi_phdr[i];
		if (h->p_type == PT_LOAD && f->end < f->base + h->p_vaddr
		    + h->p_memsz)
			f->end = f->base + h->p_vaddr + h->p_memsz;
	}
	nfiles++;
	return 0;
}

void crash_prepare(void)
{
	void *at[1];

	backtrace(at, 1); /* the first one loads a library */
	nfiles = 0;
	dl_iterate_phdr(add_file, NULL);
}

static void catch_one(int signal_number)
{
	struct sigaction sa = {.sa_sigaction = leave_letter,
	    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER}, old;

	sigemptyset(&sa.sa_mask);
	if (sigaction(signal_number, NULL, &old) == 0
	    && old.sa_handler == SIG_DFL)
		sigaction(signal_number, &sa, NULL);
}

void crash_catch(void)
{
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, old;

	if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE))
		sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < CAUGHT; i++)
		catch_one(caught[i]);
}

void crash_to(char *trace_to, size_t trace_room, char *line_to,
    size_t line_room)
{
	trace = (struct room){trace_to, trace_room};
	line = (struct room){line_to, line_room};
}

void crash_ask(crash_witness *witness)
{
	witness_now = witness;
}
