/* SPDX-License-Identifier: BSD-2-Clause */
/* A web server that can be told to fail, and how, while it runs. */
/*
 * faulty [-n NAME] [-l FILE] ADDRESS    port 0 for any; prints "port N"
 *   GET /b/SIZE/SEED     SIZE bytes (at most 60,000) that belong to SEED
 *   PUT, POST            "LENGTH CHECKSUM\n" of the body
 *   GET /health          "ok"
 * Each answer says X-Backend: NAME; to FILE a line "POST TARGET" is added for
 * each head of a POST that arrives. Lines on standard input are orders, each
 * answered by the same line; at its end the program ends:
 *   FAULT [ms=N] [percent=N] [healthy]
 * `percent` of the requests meet the fault (100); healthy: /health does not.
 *   serve        none             slow        answers after ms
 *   hang         never answers    full        nor accepts: a full backlog
 *   reset        RST for answer   close       closes each new connection
 *   garbage      no HTTP          length      a Content-Length that is none
 *   half         half the body, then the end (ms later)
 *   half-chunked the same of a chunked body   half-head  of the head
 *   half-reset   half the body, then RST      unavailable  a 503
 *   missing      a 404 for /health, nothing else
 */
#include "fault.h"

#include <signal.h>
#include <sys/resource.h>

enum { FILLERS = 8 };

static struct peer **peers;
static int npeers, lobby, listener, record = -1;
static int fillers[FILLERS];
static unsigned waiting; /* peers in STEP_DELAY or STEP_END */

static void drop(struct peer *p)
{
	struct linger none = {.l_onoff = 1};

	if (p->step == STEP_DELAY || p->step == STEP_END)
		waiting--;
	if (p->rst)
		setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	peers[p->fd] = NULL;
	close(p->fd);
	free(p);
}

static void answer_later(struct peer *p, enum step step, unsigned ms)
{
	p->due = wire_now_ms() + ms;
	p->step = step;
	waiting++;
}

static void request_is_whole(struct peer *p)
{
	p->fault = draw_fault(p);
	if (p->fault == HANG || p->fault == FULL)
		p->step = STEP_HANG;
	else if (p->fault == SLOW)
		answer_later(p, STEP_DELAY, order.ms);
	else
		begin_answer(p);
}

static void count_body(void *arg, const char *p, size_t n)
{
	struct peer *peer = arg;

	peer->length += n;
	peer->sum = wire_sum(peer->sum, p, n);
}

static void consume(struct peer *p, size_t n)
{
	p->in_n -= n;
	memmove(p->in, p->in + n, p->in_n);
}

static void write_down(const char *target)
{
	char line[300];
	int n = snprintf(line, sizeof(line), "POST %.280s\n", target);

	if (record >= 0 && write(record, line, (size_t)n) != n)
		wire_fail("record");
}

/* False if it is nothing that a test sends. */
static bool read_request(struct peer *p)
{
	unsigned long long size = 0, seed = 0;
	char method[16], target[512];
	const char *length;

	if (sscanf(p->in, "%15s %511s HTTP/1.", method, target) != 2)
		return false;
	p->checked = strncmp(target, "/health", 7) == 0;
	p->counted = strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0;
	if (!p->checked && !p->counted && (sscanf(target, "/b/%llu/%llu",
	    &size, &seed) != 2 || size > BODY_MAX))
		return false;
	if (strcmp(method, "POST") == 0)
		write_down(target);
	p->size = size;
	p->seed = seed;
	p->last = wire_field_is(p->in, "Connection", "close");
	p->length = 0;
	p->sum = WIRE_SUM;
	p->sink = (struct wire_sink){.take = count_body, .arg = p};
	length = wire_field(p->in, "Content-Length");
	p->sink.left = length ? strtoull(length, NULL, 10) : 0;
	if (wire_field_is(p->in, "Transfer-Encoding", "chunked"))
		p->sink.state = WIRE_SIZE;
	return true;
}

/* False at the end of the connection. */
static bool read_head(struct peer *p)
{
	char *end;

	p->in[p->in_n] = '\0';
	end = strstr(p->in, "\r\n\r\n");
	if (end == NULL)
		return p->in_n < IN_MAX;
	end[2] = '\0';
	if (!read_request(p))
		return false;
	p->step = STEP_BODY;
	consume(p, (size_t)(end + 4 - p->in));
	return true;
}

static bool read_body(struct peer *p)
{
	consume(p, wire_take(&p->sink, p->in, p->in_n));
	if (p->sink.state == WIRE_END)
		request_is_whole(p);
	return p->sink.state != WIRE_BAD;
}

static void arm(struct peer *p, unsigned events)
{
	struct epoll_event e = {.events = events, .data.fd = p->fd};

	if (epoll_ctl(lobby, EPOLL_CTL_MOD, p->fd, &e) < 0)
		wire_fail("epoll_ctl");
}

static bool send_answer(struct peer *p)
{
	while (p->out_at < p->out_n) {
		ssize_t n = send(p->fd, p->out + p->out_at,
		    p->out_n - p->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			arm(p, EPOLLOUT);
			return true;
		}
		if (n < 0)
			return false;
		p->out_at += (size_t)n;
	}
	p->out_at = p->out_n = 0;
	if (p->last && p->fault >= HALF && p->fault <= HALF_RESET &&
	    order.ms > 0)
		answer_later(p, STEP_END, order.ms);
	else if (p->last)
		return false;
	else
		p->step = STEP_HEAD;
	arm(p, EPOLLIN);
	return true;
}

/* Goes on until it must wait; false at the end of the connection. */
static bool carry_on(struct peer *p)
{
	for (;;) {
		enum step before = p->step;
		bool more = before == STEP_HEAD ? read_head(p) :
		    before == STEP_BODY ? read_body(p) :
		    before == STEP_ANSWER ? send_answer(p) : true;

		if (!more)
			return false;
		if (p->step == before || p->step == STEP_HANG)
			return true;
	}
}

static bool receive(struct peer *p)
{
	for (;;) {
		ssize_t n;

		if (p->in_n == IN_MAX)
			return p->step != STEP_HANG;
		n = recv(p->fd, p->in + p->in_n, IN_MAX - p->in_n, 0);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		p->in_n += (size_t)n;
		if (!carry_on(p))
			return false;
	}
}

static void welcome(void)
{
	int one = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0)
		return;
	if (order.fault == CLOSE || fd >= npeers ||
	    (peers[fd] = calloc(1, sizeof(struct peer))) == NULL) {
		close(fd);
		return;
	}
	peers[fd]->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (epoll_ctl(lobby, EPOLL_CTL_ADD, fd, &e) < 0)
		wire_fail("epoll_ctl");
	if (!receive(peers[fd]))
		drop(peers[fd]);
}

static void wake_waiting(void)
{
	uint64_t now = wire_now_ms();

	for (int fd = 0; fd < npeers; fd++) {
		struct peer *p = peers[fd];
		bool end = p && p->step == STEP_END;

		if (p == NULL || (!end && p->step != STEP_DELAY) ||
		    p->due > now)
			continue;
		if (end) {
			drop(p);
			continue;
		}
		waiting--;
		begin_answer(p);
		if (!carry_on(p))
			drop(p);
	}
}

/* Nobody's SYN is answered any more: what the backlog takes is ours. */
static void fill_backlog(bool on)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	struct epoll_event e = {.events = on ? 0 : EPOLLIN,
		.data.fd = listener};

	getsockname(listener, (struct sockaddr *)&at, &len);
	if (listen(listener, on ? 1 : 1024) < 0 ||
	    epoll_ctl(lobby, EPOLL_CTL_MOD, listener, &e) < 0)
		wire_fail("listen");
	for (int i = 0; i < FILLERS; i++) {
		if (on) {
			fillers[i] = socket(at.ss_family, SOCK_STREAM |
			    SOCK_NONBLOCK, 0);
			connect(fillers[i], (struct sockaddr *)&at, len);
		} else {
			close(fillers[i]);
		}
	}
}

/* Who hangs when a fault ends is closed; who is idle when CLOSE begins. */
static void drop_some(enum fault fault)
{
	for (int fd = 0; fd < npeers; fd++) {
		struct peer *p = peers[fd];

		if (p && (p->step == STEP_HANG || (fault == CLOSE &&
		    p->step == STEP_HEAD && p->in_n == 0)))
			drop(p);
	}
}

static void obey(const char *line)
{
	char word[32] = "";
	const char *ms = strstr(line, "ms="), *percent =
	    strstr(line, "percent=");
	enum fault was = order.fault, fault = SERVE;

	sscanf(line, "%31s", word);
	while (fault < NFAULTS && strcmp(words[fault], word) != 0)
		fault++;
	if (fault == NFAULTS) {
		fprintf(stderr, "faulty: no such fault: %s", line);
		exit(2);
	}
	order.fault = fault;
	order.ms = ms ? (unsigned)strtoul(ms + 3, NULL, 10) : 0;
	order.percent = percent ? (unsigned)strtoul(percent + 8, NULL, 10)
	    : 100;
	order.healthy = strstr(line, "healthy") != NULL;
	if ((was == FULL) != (fault == FULL))
		fill_backlog(fault == FULL);
	drop_some(fault);
	fputs(line, stdout);
	fflush(stdout);
}

static void wake(int fd, unsigned events)
{
	struct peer *p = peers[fd];

	if (p && !(events & EPOLLOUT ? carry_on(p) : receive(p)))
		drop(p);
}

static void serve(void)
{
	struct epoll_event e[64], first = {.events = EPOLLIN};
	char line[200];

	lobby = epoll_create1(0);
	for (int i = 0; i < 2; i++) {
		first.data.fd = i == 0 ? STDIN_FILENO : listener;
		if (lobby < 0 || epoll_ctl(lobby, EPOLL_CTL_ADD,
		    first.data.fd, &first) < 0)
			wire_fail("epoll");
	}
	for (;;) {
		int n = epoll_wait(lobby, e, 64, waiting > 0 ? 2 : -1);

		for (int i = 0; i < n; i++) {
			if (e[i].data.fd == listener)
				welcome();
			else if (e[i].data.fd != STDIN_FILENO)
				wake(e[i].data.fd, e[i].events);
			else if (fgets(line, sizeof(line), stdin) == NULL)
				return;
			else
				obey(line);
		}
		if (waiting > 0)
			wake_waiting();
	}
}

static void open_listener(const char *text)
{
	struct sockaddr_storage at = {0};
	socklen_t len = wire_address(text, &at);
	int one = 1;

	listener = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener < 0)
		wire_fail("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&at, len) < 0 ||
	    listen(listener, 1024) < 0)
		wire_fail(text);
	len = sizeof(at);
	getsockname(listener, (struct sockaddr *)&at, &len);
	printf("port %u\n", ntohs(((struct sockaddr_in *)&at)->sin_port));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct rlimit r;
	int option;

	while ((option = getopt(argc, argv, "n:l:")) != -1) {
		if (option == 'n')
			name = optarg;
		else if (option != 'l' || (record = open(optarg, O_WRONLY |
		    O_APPEND | O_CREAT, 0666)) < 0)
			wire_fail("faulty: see its head");
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "faulty: see its head\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);
	getrlimit(RLIMIT_NOFILE, &r);
	npeers = r.rlim_max > 16384 ? 16384 : (int)r.rlim_max;
	r.rlim_cur = (rlim_t)npeers;
	setrlimit(RLIMIT_NOFILE, &r);
	peers = calloc((size_t)npeers, sizeof(*peers));
	if (peers == NULL)
		wire_fail("calloc");
	open_listener(argv[optind]);
	serve();
	return 0;
}
