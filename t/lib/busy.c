/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that are busy, and write down what became of each request. */
/*
 * busy [options] ADDRESS
 *   -c N  connections (16)           -t SECONDS (3)
 *   -r N  requests on a connection before a new one (0: no limit)
 *   -m GET:PUT:POST  parts of each (80:10:10)
 *   -s N  bytes of an answer at most (4000)
 *   -u N  bytes of a body of PUT or POST at most (4000)
 *   -w MS  pause between two requests of a connection (20)
 *   -H HOST  (load.test)             -k  each connection keeps its cookie
 *   -f N  for a server of N files /b/SIZE/SEED: seeds below N, and the size
 *     is SEED * 191 % MAX + 1; answers to PUT and POST may say anything
 * Prints a line for each request: its number, method, start (microseconds
 * since 1970), duration (microseconds), outcome, status or 0, X-Backend or
 * "-". Its number is in its target: "?n=NUMBER". Outcomes:
 *   ok       a 200 with all of the right content
 *   status   another status, whole
 *   cut      an answer that ended before its end
 *   none     the connection ended before an answer
 *   bad      no lawful head, or framing
 *   mixed    not the content asked for
 *   stalled  ten seconds without a byte
 *   refused  no connection
 */
#include "wire.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/time.h>

enum { IN_MAX = 32768, UP_MAX = 262144, STALL_S = 10 };
enum method { GET, PUT, POST, NMETHODS };

struct line {
	int fd;
	unsigned requests; /* on this connection */
	enum method method;
	uint64_t number, seed, size; /* of this request */
	unsigned status;
	uint64_t at; /* body bytes that came */
	bool wrong, last;
	uint64_t draws;
	size_t in_n;
	char from[64], cookie[128];
	char echoed[64];
	char in[IN_MAX + 1];
	char out[UP_MAX + 1024];
};

static const char *const methods[NMETHODS] = {"GET", "PUT", "POST"};
static struct {
	unsigned connections, seconds, per_connection, pause;
	unsigned part[NMETHODS];
	uint64_t max, up, files;
	const char *host;
	bool cookies;
} want = {16, 3, 0, 20, {80, 10, 10}, 4000, 4000, 0, "load.test", false};

static struct sockaddr_storage peer;
static socklen_t peer_len;
static uint64_t end_at;
static atomic_ullong numbers;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t draw(struct line *l)
{
	return wire_mix(++l->draws * 0x9e3779b97f4a7c15u);
}

static void hang_up(struct line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->requests = 0;
}

static bool open_line(struct line *l)
{
	struct timeval wait = {.tv_sec = STALL_S};
	int one = 1;

	l->in_n = 0;
	l->fd = socket(peer.ss_family, SOCK_STREAM, 0);
	if (l->fd < 0)
		wire_fail("socket");
	setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return connect(l->fd, (struct sockaddr *)&peer, peer_len) == 0;
}

static void choose(struct line *l)
{
	uint64_t sum = want.part[GET] + want.part[PUT] + want.part[POST];
	uint64_t at = draw(l) % sum;

	l->method = at < want.part[GET] ? GET :
	    at < want.part[GET] + want.part[PUT] ? PUT : POST;
	l->number = atomic_fetch_add(&numbers, 1) + 1;
	l->seed = draw(l) % 1000000;
	l->size = draw(l) % (l->method == GET ? want.max : want.up) + 1;
	if (want.files && l->method == GET) {
		l->seed %= want.files;
		l->size = l->seed * 191 % want.max + 1;
	}
	l->status = 0;
	l->at = 0;
	l->wrong = false;
	strcpy(l->from, "-");
}

static bool send_request(struct line *l)
{
	size_t n, at = 0;

	if (l->method == GET)
		n = (size_t)snprintf(l->out, sizeof(l->out),
		    "GET /b/%llu/%llu?n=%llu HTTP/1.1\r\nHost: %s\r\n%s\r\n",
		    (unsigned long long)l->size, (unsigned long long)l->seed,
		    (unsigned long long)l->number, want.host, l->cookie);
	else
		n = (size_t)snprintf(l->out, sizeof(l->out),
		    "%s /u?n=%llu HTTP/1.1\r\nHost: %s\r\n%s"
		    "Content-Length: %llu\r\n\r\n", methods[l->method],
		    (unsigned long long)l->number, want.host, l->cookie,
		    (unsigned long long)l->size);
	if (l->method != GET) {
		wire_content(l->seed, 0, l->out + n, (size_t)l->size);
		n += (size_t)l->size;
	}
	while (at < n) {
		ssize_t sent = send(l->fd, l->out + at, n - at, MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		at += (size_t)sent;
	}
	return true;
}

/* Bytes: 1; the end: 0; none in time: -1. */
static int receive(struct line *l)
{
	ssize_t n = recv(l->fd, l->in + l->in_n, IN_MAX - l->in_n, 0);

	if (n < 0 && errno == EAGAIN)
		return -1;
	if (n <= 0)
		return 0;
	l->in_n += (size_t)n;
	return 1;
}

static void compare(void *arg, const char *p, size_t n)
{
	struct line *l = arg;
	char block[4096];

	while (n > 0) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		if (l->method != GET && l->at + part < sizeof(l->echoed)) {
			memcpy(l->echoed + l->at, p, part);
		} else if (l->method != GET) {
			l->wrong = true;
		} else {
			wire_content(l->seed, l->at, block, part);
			if (l->at + part > l->size ||
			    memcmp(block, p, part) != 0)
				l->wrong = true;
		}
		l->at += part;
		p += part;
		n -= part;
	}
}

static bool content_is_right(struct line *l)
{
	char expected[64], body[UP_MAX];

	if (l->method != GET && want.files)
		return l->in_n == 0;
	if (l->wrong || l->in_n > 0)
		return false;
	if (l->method == GET)
		return l->at == l->size;
	wire_content(l->seed, 0, body, (size_t)l->size);
	snprintf(expected, sizeof(expected), "%llu %016llx\n",
	    (unsigned long long)l->size, (unsigned long long)wire_sum(WIRE_SUM,
	    body, (size_t)l->size));
	l->echoed[l->at] = '\0';
	return strcmp(expected, l->echoed) == 0;
}

/* The pair of the last cookie that was set. */
static void keep_cookie(struct line *l)
{
	const char *set = wire_field(l->in, "Set-Cookie");

	if (want.cookies && set)
		snprintf(l->cookie, sizeof(l->cookie), "Cookie: %.*s\r\n",
		    (int)strcspn(set, ";\r\n"), set);
}

static void discard(void *arg, const char *p, size_t n)
{
	(void)arg, (void)p, (void)n;
}

/* False if there is no framing. */
static bool read_head(struct line *l, char *end, struct wire_sink *sink)
{
	const char *length, *from;

	end[2] = '\0';
	if (sscanf(l->in, "HTTP/1.1 %u", &l->status) != 1)
		return false;
	*sink = (struct wire_sink){.arg = l,
		.take = l->status == 200 ? compare : discard};
	length = wire_field(l->in, "Content-Length");
	if (wire_field_is(l->in, "Transfer-Encoding", "chunked"))
		sink->state = WIRE_SIZE;
	else if (length == NULL)
		return false;
	else
		sink->left = strtoull(length, NULL, 10);
	l->last = wire_field_is(l->in, "Connection", "close");
	from = wire_field(l->in, "X-Backend");
	if (from)
		snprintf(l->from, sizeof(l->from), "%.*s",
		    (int)strcspn(from, " \r"), from);
	keep_cookie(l);
	l->in_n -= (size_t)(end + 4 - l->in);
	memmove(l->in, end + 4, l->in_n);
	return true;
}

static const char *read_body(struct line *l, struct wire_sink *sink)
{
	for (;;) {
		size_t n = wire_take(sink, l->in, l->in_n);
		int more;

		l->in_n -= n;
		memmove(l->in, l->in + n, l->in_n);
		if (sink->state == WIRE_BAD)
			return "bad";
		if (sink->state == WIRE_END)
			break;
		more = receive(l);
		if (more <= 0)
			return more < 0 ? "stalled" : "cut";
	}
	if (l->status != 200)
		return "status";
	return content_is_right(l) ? "ok" : "mixed";
}

static const char *read_answer(struct line *l)
{
	struct wire_sink sink;
	char *end;

	for (;;) {
		int more = receive(l);

		if (more <= 0)
			return more < 0 ? "stalled" :
			    l->in_n > 0 ? "cut" : "none";
		l->in[l->in_n] = '\0';
		end = strstr(l->in, "\r\n\r\n");
		if (end)
			break;
		if (l->in_n == IN_MAX)
			return "bad";
	}
	return read_head(l, end, &sink) ? read_body(l, &sink) : "bad";
}

static const char *ask(struct line *l)
{
	const char *outcome;

	if (l->fd < 0 && !open_line(l))
		return "refused";
	l->requests++;
	/* an early answer may have been the reason */
	if (!send_request(l) && errno == EAGAIN)
		return "stalled";
	outcome = read_answer(l);
	if ((strcmp(outcome, "ok") != 0 && strcmp(outcome, "status") != 0) ||
	    l->last || (want.per_connection > 0 &&
	    l->requests >= want.per_connection))
		hang_up(l);
	return outcome;
}

static void *run(void *arg)
{
	struct line *l = arg;
	struct timespec pause = {want.pause / 1000,
		want.pause % 1000 * 1000000L};

	for (uint64_t at; (at = now_us()) < end_at;) {
		const char *outcome;

		choose(l);
		outcome = ask(l);
		printf("%llu %s %llu %llu %s %u %s\n",
		    (unsigned long long)l->number, methods[l->method],
		    (unsigned long long)at,
		    (unsigned long long)(now_us() - at), outcome, l->status,
		    l->from);
		if (strcmp(outcome, "refused") == 0)
			hang_up(l);
		nanosleep(&pause, NULL);
	}
	hang_up(l);
	return NULL;
}

static void read_option(int option)
{
	unsigned long n = strtoul(optarg ? optarg : "0", NULL, 10);

	switch (option) {
	case 'c': want.connections = (unsigned)n; break;
	case 't': want.seconds = (unsigned)n; break;
	case 'r': want.per_connection = (unsigned)n; break;
	case 's': want.max = n; break;
	case 'u': want.up = n; break;
	case 'f': want.files = n; break;
	case 'w': want.pause = (unsigned)n; break;
	case 'H': want.host = optarg; break;
	case 'k': want.cookies = true; break;
	case 'm':
		if (sscanf(optarg, "%u:%u:%u", &want.part[GET],
		    &want.part[PUT], &want.part[POST]) == 3)
			break;
		/* fallthrough */
	default:
		fprintf(stderr, "busy: see its head\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	pthread_t *threads;
	struct line *lines;
	int option;

	while ((option = getopt(argc, argv, "c:t:r:m:s:u:w:H:f:k")) != -1)
		read_option(option);
	if (optind + 1 != argc || want.connections == 0 || want.max == 0 ||
	    want.up == 0 || want.up > UP_MAX ||
	    want.part[GET] + want.part[PUT] + want.part[POST] == 0)
		read_option('?');
	peer_len = wire_address(argv[optind], &peer);
	signal(SIGPIPE, SIG_IGN);
	lines = calloc(want.connections, sizeof(*lines));
	threads = calloc(want.connections, sizeof(*threads));
	if (lines == NULL || threads == NULL)
		wire_fail("calloc");
	end_at = now_us() + want.seconds * 1000000ull;
	for (unsigned i = 0; i < want.connections; i++) {
		lines[i].fd = -1;
		lines[i].draws = (uint64_t)getpid() << 40 ^
		    (uint64_t)i << 24 ^ now_us();
		if (pthread_create(&threads[i], NULL, run, &lines[i]) != 0)
			wire_fail("pthread_create");
	}
	for (unsigned i = 0; i < want.connections; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	free(lines);
	return 0;
}
