/* SPDX-License-Identifier: BSD-2-Clause */
/* Chores: operators' orders to the cache are carried out. */
#include "steward/chores.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "http/uri.h"
#include "shm/cache.h"
#include "shm/chore.h"
#include "shm/lobby.h"
#include "steward/watch.h"

#define AT_ONCE 8 /* requests of one order that are under way */
#define SOON_MS 20
#define IDLE_MS 1000
#define TIDY_MS 100 /* in the midst of a round */

/* How far this steward has come with an order. */
struct progress {
	uint32_t word;  /* of the row that it is about; 0: none */
	size_t at;      /* in its text */
	unsigned begun; /* URLs */
	const char *wrong; /* of a URL; NULL: nothing */
};

static const struct conf *conf;
static struct progress progress[CHORES];
static uint64_t figures_at, tidy_at; /* clock_ms */
static bans_subject *subject_of;

void chores_init(const struct conf *of, bans_subject *subject)
{
	conf = of;
	subject_of = subject;
	memset(progress, 0, sizeof progress);
	figures_at = tidy_at = 0;
}

/* ---- Requests ---- */

static bool has_port(const struct conf_listener *l, uint16_t port)
{
	for (unsigned i = 0; i < l->naddresses; i++)
		if (addr_port(&l->addresses[i]) == port)
			return true;
	return false;
}

/* Of the right scheme, if there is one, and the right port: TLS may end
 * before us, and another port may stand before ours. */
static unsigned find_listener(const struct uri *u)
{
	bool tls = u->scheme == URI_HTTPS;
	uint16_t port = u->port ? u->port : tls ? 443 : 80;
	unsigned best = 0, most = 0;

	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *l = &conf->listeners[i];
		unsigned fits = 1u + (has_port(l, port) ? 1 : 0)
		    + (l->tls.on == tls ? 2 : 0);
		if (fits > most) {
			best = i;
			most = fits;
		}
	}
	return best;
}

static void put_head(struct buf *b, const struct uri *u, bool purges,
    bool soft)
{
	buf_str(b, purges ? "PURGE " : "GET ");
	buf_slice(b, u->path);
	if (u->query.p) {
		BUF_LIT(b, "?");
		buf_slice(b, u->query);
	}
	BUF_LIT(b, " HTTP/1.1\r\nHost: ");
	buf_slice(b, u->authority);
	buf_str(b, purges && soft ? "\r\nSoft-Purge: 1\r\n\r\n"
	    : "\r\n\r\n");
}

/* False: not now. *wrong: never. */
static bool ask(const struct chore_row *c, struct slice url, uint32_t mark,
    const char **wrong)
{
	static const struct addr here = {.in.sin_family = AF_INET,
		.in.sin_addr.s_addr = 0x0100007f, .len = sizeof here.in};
	char head[CHORE_TEXT + 400];
	struct uri u;
	struct buf b;

	if (uri_parse_target(url, METHOD_GET, &u) != NULL
	    || u.form != URI_ABSOLUTE) {
		*wrong = "that is no URL";
		return true;
	}
	buf_init(&b, head, sizeof head);
	put_head(&b, &u, c->kind == CHORE_PURGE, c->soft != 0);
	MUST(!b.full);
	return chore_request(find_listener(&u), &here,
	    slice_make(head, buf_length(&b)), mark);
}

/* ---- Orders ---- */

/* Unless the master waits no more. The answer comes first. */
static void end(struct chore_row *c, uint32_t word, unsigned failed,
    const char *why)
{
	uint64_t one = 1;

	c->failed = failed;
	snprintf(c->why, sizeof c->why, "%s", why);
	FAULT(chore_ended);
	if (atomic_compare_exchange_strong(&c->word, &word,
	    chore_word(word >> 2, CHORE_DONE))
	    && write(lobby.report, &one, sizeof one) < 0)
		log_debug("the master has a report already");
}

static void add_ban(struct chore_row *c, uint32_t word)
{
	const char *why = "";
	bool fine = bans_add((enum ban_kind)c->ban,
	    slice_make(c->host, strnlen(c->host, sizeof c->host)),
	    slice_make(c->text, strnlen(c->text, sizeof c->text)),
	    c->soft != 0, &why);

	end(c, word, !fine, fine ? "" : why);
}

static void end_asking(struct chore_row *c, uint32_t word,
    const struct progress *p)
{
	uint32_t status = atomic_load(&c->status), count =
	    atomic_load(&c->count);
	char why[sizeof c->why] = "";
	unsigned failed;

	/* a worker that dies behind its count has another one count again */
	if (c->kind == CHORE_WARM && count > p->begun)
		atomic_store(&c->count, p->begun);
	if (c->kind == CHORE_PURGE)
		failed = status != 0 || p->wrong ? 1 : 0;
	else
		failed = count < p->begun ? p->begun - count : 0;
	if (failed && p->wrong)
		snprintf(why, sizeof why, "%s", p->wrong);
	else if (failed && status)
		snprintf(why, sizeof why, "an answer was %u", status);
	else if (failed)
		snprintf(why, sizeof why, "an answer is not to be stored");
	end(c, word, failed, why);
}

static void keep_figures(void)
{
	struct cache_figures f;

	cache_figures(&f);
	const uint64_t now[FIGURES] = {
		[FIGURE_BYTES] = f.bytes,
		[FIGURE_USED] = f.used,
		[FIGURE_LIVE] = f.live,
		[FIGURE_BUSY] = f.busy,
		[FIGURE_CONDEMNED] = f.condemned,
		[FIGURE_EVICTED] = f.evicted,
		[FIGURE_REFUSED] = f.refused,
		[FIGURE_DAMAGED] = f.damaged,
	};
	for (unsigned i = 0; i < FIGURES; i++)
		atomic_store(&cache.chores->figures[i], now[i]);
	figures_at = clock_ms() + IDLE_MS;
}

/* True once nothing is left to begin, and nothing under way. */
static bool ask_on(struct chore_row *c, uint32_t mark, struct progress *p)
{
	size_t n = strnlen(c->text, sizeof c->text);
	unsigned under_way = chore_pending(mark);

	while (under_way < AT_ONCE && p->at < n) {
		struct slice rest = slice_make(c->text + p->at, n - p->at);
		struct slice url = slice_cut(&rest, '\n');
		if (!ask(c, url, mark, &p->wrong))
			return false;
		p->at += url.n + 1;
		p->begun++;
		under_way++;
	}
	return p->at >= n && chore_pending(mark) == 0;
}

/* An heir begins anew once nothing is under way that another steward began: so
 * nothing counts twice. */
static bool begin(struct chore_row *c, uint32_t word, uint32_t mark,
    struct progress *p)
{
	if (p->word == word)
		return true;
	if (chore_pending(mark))
		return false;
	*p = (struct progress){.word = word};
	atomic_store(&c->count, 0);
	atomic_store(&c->status, 0);
	return true;
}

/* False: there is nothing to carry on with. */
static bool carry_out(unsigned row)
{
	struct chore_row *c = &cache.chores->at[row];
	uint32_t word = atomic_load_explicit(&c->word, memory_order_acquire);
	struct progress *p = &progress[row];

	if (chore_state(word) != CHORE_ASKED)
		return false;
	uint32_t mark = chore_mark(word, row);
	if (!begin(c, word, mark, p))
		return true;
	FAULT(chore_begun);
	if (c->kind == CHORE_BAN) {
		add_ban(c, word);
	} else if (c->kind == CHORE_FIGURES) {
		keep_figures();
		end(c, word, 0, "");
	} else if (ask_on(c, mark, p)) {
		end_asking(c, word, p);
	}
	return true;
}

static uint64_t tidy(uint64_t now)
{
	if (now >= tidy_at)
		tidy_at = now + (bans_tidy(subject_of) ? TIDY_MS : IDLE_MS);
	return tidy_at;
}

uint64_t chores_look(uint64_t now)
{
	bool any = false;

	if (cache.head == NULL || !watch_is_newest())
		return now + IDLE_MS;
	if (now >= figures_at)
		keep_figures();
	for (unsigned i = 0; i < CHORES; i++)
		any = carry_out(i) || any;
	uint64_t next = tidy(now);
	return any && now + SOON_MS < next ? now + SOON_MS : next;
}
