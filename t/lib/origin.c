/* SPDX-License-Identifier: BSD-2-Clause */
/* A web server for tests: contents that its clients can compute themselves. */
/*
 * origin [-r REQUESTS] ADDRESS    port 0 for any; prints "port N" and serves
 *   GET /b/SIZE/SEED[?chunked][&delay=MS]   SIZE bytes that belong to SEED
 *   GET /v/SIZE/SEED[?...][&age=S]   the same of a version, another one every
 *       WIRE_VERSION ms; ETag names it; may be stored for so long (1 s)
 *       &every=N  another one every N times that only; &swr=S, &sie=S: how
 *       long it may be used stale (RFC 5861)
 *   GET /asked   how many requests for such versions there were, as text
 *   POST /echo[?delay=MS]                   "LENGTH CHECKSUM\n" of the body
 * -r: a connection is closed after so many answers, without a warning.
 */
#include "wire.h"

#include <signal.h>
#include <sys/resource.h>

enum { IN_MAX = 16384, OUT_MAX = 65536 };
enum step { STEP_HEAD, STEP_BODY, STEP_DELAY, STEP_ANSWER };

struct peer {
	int fd;
	enum step step;
	bool writing; /* EPOLLOUT is asked for */
	bool last;
	bool head_only;
	unsigned answers;
	unsigned delay;
	uint64_t due;
	uint64_t length, sum; /* of the request's body */
	bool echo, asked;
	bool versions, same;   /* contents change; but not since then */
	uint64_t version;
	unsigned age;          /* seconds for which a version may be stored */
	unsigned swr, sie;     /* and used while it is stale */
	struct wire_sink sink;
	struct wire_source source;
	size_t in_n, out_at, out_n;
	char in[IN_MAX + 1];
	char out[OUT_MAX];
};

static struct peer **peers;
static int npeers;
static unsigned delayed;
static unsigned max_answers;
static unsigned asked; /* for versions */
static int lobby;

static void count_body(void *arg, const char *p, size_t n)
{
	struct peer *peer = arg;

	peer->length += n;
	peer->sum = wire_sum(peer->sum, p, n);
}

static void drop(struct peer *p)
{
	if (p->step == STEP_DELAY)
		delayed--;
	peers[p->fd] = NULL;
	close(p->fd);
	free(p);
}

static void consume(struct peer *p, size_t n)
{
	p->in_n -= n;
	memmove(p->in, p->in + n, p->in_n);
}

static void put_head(struct peer *p, unsigned status)
{
	const char *word = status == 200 ? "OK" : status == 304 ? "Same"
	    : "Error";

	p->out_at = 0;
	p->out_n = (size_t)sprintf(p->out, "HTTP/1.1 %u %s\r\n"
	    "Server: origin/1\r\nContent-Type: application/octet-stream\r\n",
	    status, word);
	if (p->source.chunked)
		p->out_n += (size_t)sprintf(p->out + p->out_n,
		    "Transfer-Encoding: chunked\r\n");
	else
		p->out_n += (size_t)sprintf(p->out + p->out_n,
		    "Content-Length: %llu\r\n",
		    (unsigned long long)p->source.size);
	if (p->versions)
		p->out_n += (size_t)sprintf(p->out + p->out_n,
		    "ETag: \"v%llu\"\r\nCache-Control: max-age=%u",
		    (unsigned long long)p->version, p->age);
	if (p->swr)
		p->out_n += (size_t)sprintf(p->out + p->out_n,
		    ", stale-while-revalidate=%u", p->swr);
	if (p->sie)
		p->out_n += (size_t)sprintf(p->out + p->out_n,
		    ", stale-if-error=%u", p->sie);
	if (p->versions)
		p->out_n += (size_t)sprintf(p->out + p->out_n, "\r\n");
	p->out_n += (size_t)sprintf(p->out + p->out_n, "%s\r\n",
	    p->last ? "Connection: close\r\n" : "");
	p->source.ended = p->head_only || status == 304;
	p->step = STEP_ANSWER;
}

static void begin_answer(struct peer *p)
{
	char text[64];
	int n;

	if (!p->echo) {
		put_head(p, p->same ? 304 : 200);
		return;
	}
	if (p->asked)
		n = sprintf(text, "%u\n", asked);
	else
		n = sprintf(text, "%llu %016llx\n",
		    (unsigned long long)p->length,
		    (unsigned long long)p->sum);
	p->source = (struct wire_source){.size = (uint64_t)n};
	put_head(p, 200);
	memcpy(p->out + p->out_n, text, (size_t)n);
	p->out_n += (size_t)n;
	p->source.ended = true;
}

static void refuse(struct peer *p, unsigned status)
{
	p->last = true;
	p->source = (struct wire_source){0};
	put_head(p, status);
}

/* Of a target: "name=N", or what it is without. */
static unsigned number_in(const char *target, const char *name, unsigned none)
{
	const char *at = strstr(target, name);

	return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : none;
}

/* Reads what the target asks for; false if it is nothing of ours. */
static bool read_target(struct peer *p, const char *target)
{
	unsigned long long size, seed;
	unsigned every = number_in(target, "every=", 1);

	p->versions = target[1] == 'v';
	p->asked = strcmp(target, "/asked") == 0;
	p->echo = p->asked || strncmp(target, "/echo", 5) == 0;
	if (!p->echo) {
		if (sscanf(target, p->versions ? "/v/%llu/%llu"
		    : "/b/%llu/%llu", &size, &seed) != 2)
			return false;
		p->source = (struct wire_source){.seed = seed, .size = size,
			.chunked = strstr(target, "chunked") != NULL};
	}
	if (p->versions) {
		asked++;
		p->version = wire_now_ms() / WIRE_VERSION;
		p->version -= every ? p->version % every : 0;
		wire_version(p->version, &p->source.seed, &p->source.size);
	}
	p->age = number_in(target, "age=", 1);
	p->swr = number_in(target, "swr=", 0);
	p->sie = number_in(target, "sie=", 0);
	p->delay = number_in(target, "delay=", 0);
	return true;
}

static void read_head(struct peer *p)
{
	char method[16], target[1024], version;
	char *end;
	const char *length;

	p->in[p->in_n] = '\0';
	end = strstr(p->in, "\r\n\r\n");
	if (end == NULL) {
		if (p->in_n == IN_MAX)
			refuse(p, 431);
		return;
	}
	end[2] = '\0';
	p->source = (struct wire_source){0};
	if (sscanf(p->in, "%15s %1023s HTTP/1.%c", method, target,
	    &version) != 3) {
		refuse(p, 400);
		return;
	}
	p->head_only = strcmp(method, "HEAD") == 0;
	p->last = wire_field_is(p->in, "Connection", "close") ||
	    (version == '0' && !wire_field_is(p->in, "Connection", "keep"));
	if (!read_target(p, target)) {
		refuse(p, 404);
		return;
	}
	char tag[32];
	sprintf(tag, "\"v%llu\"", (unsigned long long)p->version);
	p->same = p->versions && wire_field_is(p->in, "If-None-Match", tag);
	p->length = 0;
	p->sum = WIRE_SUM;
	p->sink = (struct wire_sink){.take = count_body, .arg = p};
	length = wire_field(p->in, "Content-Length");
	if (length != NULL)
		p->sink.left = strtoull(length, NULL, 10);
	if (wire_field_is(p->in, "Transfer-Encoding", "chunked"))
		p->sink.state = WIRE_SIZE;
	if (wire_field(p->in, "Expect") != NULL)
		send(p->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
	p->step = STEP_BODY;
	consume(p, (size_t)(end + 4 - p->in));
}

static void read_body(struct peer *p)
{
	consume(p, wire_take(&p->sink, p->in, p->in_n));
	if (p->sink.state == WIRE_BAD) {
		refuse(p, 400);
	} else if (p->sink.state == WIRE_END && p->delay > 0) {
		p->due = wire_now_ms() + p->delay;
		p->step = STEP_DELAY;
		delayed++;
	} else if (p->sink.state == WIRE_END) {
		begin_answer(p);
	}
}

static void want_write(struct peer *p, bool on)
{
	struct epoll_event e = {.events = on ? EPOLLOUT : EPOLLIN,
		.data.fd = p->fd};

	if (p->writing != on && epoll_ctl(lobby, EPOLL_CTL_MOD, p->fd, &e) < 0)
		wire_fail("epoll_ctl");
	p->writing = on;
}

/* Sends while it can; false if the peer is gone. */
static bool send_answer(struct peer *p)
{
	for (;;) {
		ssize_t n;

		while (OUT_MAX - p->out_n > 6000) {
			size_t made = wire_make(&p->source, p->out + p->out_n,
			    OUT_MAX - p->out_n);

			if (made == 0)
				break;
			p->out_n += made;
		}
		n = send(p->fd, p->out + p->out_at, p->out_n - p->out_at,
		    MSG_NOSIGNAL);
		if (n < 0) {
			want_write(p, true);
			return errno == EAGAIN;
		}
		p->out_at += (size_t)n;
		if (p->out_at < p->out_n)
			continue;
		p->out_at = p->out_n = 0;
		if (p->source.ended || (!p->source.chunked &&
		    p->source.at == p->source.size))
			break;
	}
	want_write(p, false);
	p->step = STEP_HEAD;
	if (p->last || (max_answers > 0 && ++p->answers >= max_answers)) {
		shutdown(p->fd, SHUT_WR);
		return false;
	}
	return true;
}

/* Goes on until it must wait. */
static void carry_on(struct peer *p)
{
	for (;;) {
		enum step before = p->step;
		size_t had = p->in_n;

		if (p->step == STEP_HEAD)
			read_head(p);
		else if (p->step == STEP_BODY)
			read_body(p);
		else if (p->step == STEP_ANSWER && !send_answer(p)) {
			drop(p);
			return;
		}
		if (p->step == before && (p->step != STEP_HEAD ||
		    p->in_n == had))
			return;
	}
}

static void receive(struct peer *p)
{
	for (;;) {
		ssize_t n;

		if (p->in_n == IN_MAX || p->step >= STEP_DELAY)
			return;
		n = recv(p->fd, p->in + p->in_n, IN_MAX - p->in_n, 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			drop(p);
			return;
		}
		p->in_n += (size_t)n;
		int fd = p->fd;

		carry_on(p);
		if (peers[fd] != p)
			return;
	}
}

static void welcome(int listener)
{
	int one = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0)
		return;
	if (fd >= npeers || (peers[fd] = calloc(1, sizeof(struct peer)))
	    == NULL) {
		close(fd);
		return;
	}
	peers[fd]->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (epoll_ctl(lobby, EPOLL_CTL_ADD, fd, &e) < 0)
		wire_fail("epoll_ctl");
	receive(peers[fd]);
}

static void wake_delayed(void)
{
	uint64_t now = wire_now_ms();

	for (int fd = 0; fd < npeers; fd++) {
		struct peer *p = peers[fd];

		if (p == NULL || p->step != STEP_DELAY || p->due > now)
			continue;
		delayed--;
		begin_answer(p);
		carry_on(p);
		if (peers[fd] == p)
			receive(p);
	}
}

static void serve(int listener)
{
	struct epoll_event e[64], first = {.events = EPOLLIN,
		.data.fd = listener};

	if ((lobby = epoll_create1(0)) < 0 ||
	    epoll_ctl(lobby, EPOLL_CTL_ADD, listener, &first) < 0)
		wire_fail("epoll");
	for (;;) {
		int n = epoll_wait(lobby, e, 64, delayed > 0 ? 1 : -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = peers[e[i].data.fd];

			if (e[i].data.fd == listener)
				welcome(listener);
			else if (p != NULL && p->step == STEP_DELAY)
				drop(p); /* fires only for a peer that left */
			else if (p != NULL && p->step == STEP_ANSWER) {
				int fd = p->fd;

				carry_on(p);
				if (peers[fd] == p)
					receive(p);
			} else if (p != NULL)
				receive(p);
		}
		if (delayed > 0)
			wake_delayed();
	}
}

static int open_listener(const char *text)
{
	struct sockaddr_storage at = {0};
	socklen_t len = wire_address(text, &at);
	int one = 1;
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		wire_fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 1024) < 0)
		wire_fail(text);
	len = sizeof(at);
	getsockname(fd, (struct sockaddr *)&at, &len);
	if (at.ss_family == AF_UNIX)
		printf("port 0\n");
	else
		printf("port %u\n",
		    ntohs(((struct sockaddr_in *)&at)->sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct rlimit r;
	int option;

	while ((option = getopt(argc, argv, "r:")) != -1) {
		if (option != 'r')
			return 2;
		max_answers = (unsigned)strtoul(optarg, NULL, 10);
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: origin [-r requests] address\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &r);
	npeers = r.rlim_max > 65536 ? 65536 : (int)r.rlim_max;
	r.rlim_cur = (rlim_t)npeers;
	setrlimit(RLIMIT_NOFILE, &r);
	peers = calloc((size_t)npeers, sizeof(*peers));
	if (peers == NULL)
		wire_fail("calloc");
	serve(open_listener(argv[optind]));
}
