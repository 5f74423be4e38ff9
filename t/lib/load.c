/* SPDX-License-Identifier: BSD-2-Clause */
/* A load client that looks at every byte of every answer. */
/*
 * load [options] ADDRESS [PATH...]
 *   -c N  connections (16)           -t SECONDS  or  -n REQUESTS (1000)
 *   -r N  requests on a connection before a new one (0: no limit)
 *   -s MIN:MAX  sizes when no PATH is given (1:65536)
 *   -q QUERY  appended to such paths, "chunked" or "delay=5"
 *   -p PERCENT  of the requests are POST /echo with a body of such a size
 *   -C  bodies of POST are chunked   -w MS  pause between requests
 *   -P  PUT in place of POST
 *   -l BYTES  of an answer are read at a time, each 10 ms
 *   -R PERCENT  of the requests for a PATH ask for a range of it
 *   -H HOST  (load.test)
 *   -S VERSION  TLS, with HOST as the name: 2 or 3 for 1.2 and 1.3, 0 either.
 *       Handshakes that fail are done again; "lost L" at the end counts them,
 *       and connections that ended before the first byte of an answer: of
 *       TLS 1.3 a client sees no end of the handshake
 * A PATH of origin's whose contents change is compared with the version that
 * the answer says it is.
 * Prints "requests N failed F reset R mixed M stalled S"; the first ten
 * troubles go to stderr. failed: refused, no 200, or malformed; reset: the
 * connection ended before its answer did; mixed: another content than asked
 * for; stalled: five seconds without a byte.
 */
#include "tls.h"

#include <getopt.h>
#include <signal.h>
#include <sys/resource.h>

enum { IN_MAX = 32768, OUT_MAX = 16384, STALL_MS = 5000 };
enum step { STEP_IDLE, STEP_HEAD, STEP_BODY, STEP_PAUSE };
enum trouble { FAILED, RESET, MIXED, STALLED, NTROUBLES };

struct line {
	int fd;
	SSL *ssl;          /* NULL: none */
	enum step step;
	bool post, last, writing;
	unsigned requests; /* on this connection */
	uint64_t moved;    /* when a byte last came or went */
	uint64_t seed, size;
	uint64_t first, last_byte; /* a range, if last_byte is not 0 */
	uint64_t sum, at;  /* of what was sent; of what came */
	bool wrong;
	struct wire_sink sink;
	struct wire_source source;
	size_t in_n, out_at, out_n;
	char path[256];
	char in[IN_MAX + 1];
	char out[OUT_MAX];
	char echoed[64];
};

static const char *const names[NTROUBLES] = {
	"failed", "reset", "mixed", "stalled"
};
static struct {
	unsigned connections, per_connection, post_percent, pause;
	unsigned range_percent, slow;
	uint64_t requests, seconds, min, max;
	const char *query, *host, *upload;
	bool chunked;
	char **paths;
	int npaths;
} want = {.connections = 16, .min = 1, .max = 65536, .query = "",
    .upload = "POST",
	.host = "load.test"};

static struct sockaddr_storage peer;
static socklen_t peer_len;
static struct line *lines;
static int lobby;
static uint64_t started, begun, lost, troubles[NTROUBLES], now, end_at;
static unsigned active;

static uint64_t draw(void)
{
	static uint64_t state;

	if (state == 0)
		state = (uint64_t)getpid() << 32 ^ wire_now_ms();
	return wire_mix(++state * 0x9e3779b97f4a7c15u);
}

static void hang_up(struct line *l)
{
	tls_close(l->ssl);
	l->ssl = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->step = STEP_IDLE;
	l->in_n = 0;
	l->requests = 0;
}

static void trouble(struct line *l, enum trouble kind, const char *why)
{
	static unsigned told;

	if (tls_is_young(l->ssl) || (l->ssl != NULL && kind == RESET &&
	    l->requests == 1 && l->step == STEP_HEAD && l->in_n == 0)) {
		lost++;
		begun--;
		hang_up(l);
		return;
	}
	if (told++ < 10)
		fprintf(stderr, "# %s: %s (%s, request %u of its connection, "
		    "step %d, %llu body bytes)\n", names[kind], why, l->path,
		    l->requests, (int)l->step, (unsigned long long)l->at);
	troubles[kind]++;
	hang_up(l);
}

/* Compares GET bodies as they come; keeps the answer of /echo. */
static void compare(void *arg, const char *p, size_t n)
{
	struct line *l = arg;
	char block[4096];

	while (n > 0) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		if (l->post && l->at + part < sizeof(l->echoed)) {
			memcpy(l->echoed + l->at, p, part);
		} else if (l->post) {
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

static uint64_t sum_of(uint64_t seed, uint64_t size)
{
	uint64_t sum = WIRE_SUM, at = 0;
	char block[4096];

	while (at < size) {
		size_t part = size - at < sizeof(block) ? (size_t)(size - at)
		    : sizeof(block);

		wire_content(seed, at, block, part);
		sum = wire_sum(sum, block, part);
		at += part;
	}
	return sum;
}

static bool open_line(struct line *l)
{
	int one = 1, little = 4096;
	struct epoll_event e = {.events = want.slow ? 0 : EPOLLIN,
	    .data.ptr = l};

	l->fd = socket(peer.ss_family, SOCK_STREAM, 0);
	if (l->fd < 0)
		wire_fail("socket");
	if (want.slow)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &little,
		    sizeof(little));
	l->writing = false;
	if (connect(l->fd, (struct sockaddr *)&peer, peer_len) < 0) {
		trouble(l, FAILED, strerror(errno));
		return false;
	}
	now = l->moved = wire_now_ms(); /* a connect may have taken its time */
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(lobby, EPOLL_CTL_ADD, l->fd, &e) < 0)
		wire_fail("epoll_ctl");
	l->ssl = tls_open(l->fd, want.host);
	return true;
}

static void choose(struct line *l)
{
	unsigned long long size, seed;
	const char *path;

	l->first = l->last_byte = 0;
	l->post = draw() % 100 < want.post_percent;
	l->seed = draw() % 1000000;
	l->size = want.min + draw() % (want.max - want.min + 1);
	if (l->post) {
		snprintf(l->path, sizeof(l->path), "/echo?%s", want.query);
	} else if (want.npaths > 0) {
		path = want.paths[draw() % (unsigned)want.npaths];
		snprintf(l->path, sizeof(l->path), "%s", path);
		if (sscanf(path, "/b/%llu/%llu", &size, &seed) == 2
		    || sscanf(path, "/v/%llu/%llu", &size, &seed) == 2) {
			l->size = size;
			l->seed = seed;
		}
		if (l->size > 1 && draw() % 100 < want.range_percent) {
			l->first = draw() % (l->size - 1);
			l->last_byte = l->first + 1
			    + draw() % (l->size - l->first - 1);
		}
	} else {
		snprintf(l->path, sizeof(l->path), "/b/%llu/%llu?%s",
		    (unsigned long long)l->size, (unsigned long long)l->seed,
		    want.query);
	}
}

static void put_request(struct line *l)
{
	l->out_at = 0;
	l->out_n = (size_t)sprintf(l->out, "%s %s HTTP/1.1\r\nHost: %s\r\n",
	    l->post ? want.upload : "GET", l->path, want.host);
	l->source = (struct wire_source){.ended = !l->post, .seed = l->seed,
		.size = l->size, .chunked = want.chunked};
	if (l->post && want.chunked)
		l->out_n += (size_t)sprintf(l->out + l->out_n,
		    "Transfer-Encoding: chunked\r\n");
	else if (l->post)
		l->out_n += (size_t)sprintf(l->out + l->out_n,
		    "Content-Length: %llu\r\n", (unsigned long long)l->size);
	if (l->last_byte)
		l->out_n += (size_t)sprintf(l->out + l->out_n,
		    "Range: bytes=%llu-%llu\r\n",
		    (unsigned long long)l->first,
		    (unsigned long long)l->last_byte);
	memcpy(l->out + l->out_n, "\r\n", 2);
	l->out_n += 2;
	l->sum = l->post ? sum_of(l->seed, l->size) : 0;
}

static void want_write(struct line *l, bool on)
{
	struct epoll_event e = {.events = (want.slow ? 0 : EPOLLIN)
	    | (on ? EPOLLOUT : 0), .data.ptr = l};

	if (l->writing != on && epoll_ctl(lobby, EPOLL_CTL_MOD, l->fd, &e) < 0)
		wire_fail("epoll_ctl");
	l->writing = on;
}

static void send_request(struct line *l)
{
	for (;;) {
		ssize_t n;

		if (l->out_at == l->out_n) {
			l->out_at = 0;
			l->out_n = wire_make(&l->source, l->out, OUT_MAX);
		}
		if (l->out_n == 0)
			break;
		n = tls_send(l->ssl, l->fd, l->out + l->out_at,
		    l->out_n - l->out_at);
		if (n < 0 && errno == EAGAIN) {
			want_write(l, l->ssl == NULL || SSL_want_write(l->ssl));
			return;
		}
		if (n <= 0) {
			trouble(l, RESET, "while sending");
			return;
		}
		l->out_at += (size_t)n;
		l->moved = now;
	}
	want_write(l, false);
}

static void begin(struct line *l)
{
	bool over = want.seconds > 0 ? now >= end_at
	    : begun >= want.requests;

	if (over) {
		hang_up(l);
		return;
	}
	choose(l);
	begun++;
	l->moved = now;
	l->at = 0;
	l->wrong = false;
	l->step = STEP_HEAD;
	active++;
	if (l->fd < 0 && !open_line(l)) {
		active--;
		return;
	}
	l->requests++;
	put_request(l);
	send_request(l);
	if (l->fd < 0)
		active--;
}

/* The whole of it is an answer, too. */
static bool is_range(struct line *l, unsigned status)
{
	const char *place = wire_field(l->in, "Content-Range");
	unsigned long long first, last;

	if (status == 200)
		return true;
	if (status != 206 || l->last_byte == 0 || place == NULL
	    || sscanf(place, "bytes %llu-%llu/", &first, &last) != 2
	    || first != l->first || last != l->last_byte)
		return false;
	l->at = first;
	l->size = last + 1;
	return true;
}

/* Of what changes the answer says which it is. */
static bool read_version(struct line *l)
{
	const char *tag = wire_field(l->in, "ETag");
	unsigned long long version;

	if (tag == NULL || sscanf(tag, "\"v%llu\"", &version) != 1)
		return false;
	wire_version(version, &l->seed, &l->size);
	return true;
}

static void read_head(struct line *l)
{
	char *end, *length;
	unsigned status;

	l->in[l->in_n] = '\0';
	end = strstr(l->in, "\r\n\r\n");
	if (end == NULL) {
		if (l->in_n == IN_MAX)
			trouble(l, FAILED, "endless head");
		return;
	}
	end[2] = '\0';
	if (sscanf(l->in, "HTTP/1.1 %u", &status) != 1
	    || (status != 200 && l->last_byte == 0)) {
		trouble(l, FAILED, strtok(l->in, "\r"));
		return;
	}
	if (strncmp(l->path, "/v/", 3) == 0 && !read_version(l)) {
		trouble(l, FAILED, "no version");
		return;
	}
	if (!is_range(l, status)) {
		trouble(l, FAILED, "not the range");
		return;
	}
	l->sink = (struct wire_sink){.take = compare, .arg = l};
	length = (char *)(uintptr_t)wire_field(l->in, "Content-Length");
	if (wire_field_is(l->in, "Transfer-Encoding", "chunked"))
		l->sink.state = WIRE_SIZE;
	else if (length != NULL)
		l->sink.left = strtoull(length, NULL, 10);
	else {
		trouble(l, FAILED, "no framing");
		return;
	}
	l->last = wire_field_is(l->in, "Connection", "close");
	l->step = STEP_BODY;
	l->in_n -= (size_t)(end + 4 - l->in);
	memmove(l->in, end + 4, l->in_n);
}

static bool answer_is_right(struct line *l)
{
	char expected[64];

	if (l->wrong || (!l->post && l->at != l->size))
		return false;
	if (!l->post)
		return true;
	l->echoed[l->at] = '\0';
	sprintf(expected, "%llu %016llx\n", (unsigned long long)l->size,
	    (unsigned long long)l->sum);
	return strcmp(expected, l->echoed) == 0;
}

static void finish(struct line *l)
{
	if (!answer_is_right(l)) {
		trouble(l, MIXED, "not the content asked for");
	} else if (l->in_n > 0) {
		trouble(l, MIXED, "bytes after the answer");
	} else if (l->last || l->out_n > 0 || (want.per_connection > 0 &&
	    l->requests >= want.per_connection)) {
		hang_up(l);
	} else {
		l->step = STEP_PAUSE;
	}
}

static void read_body(struct line *l)
{
	size_t n = wire_take(&l->sink, l->in, l->in_n);

	l->in_n -= n;
	memmove(l->in, l->in + n, l->in_n);
	if (l->sink.state == WIRE_BAD)
		trouble(l, FAILED, "malformed chunks");
	else if (l->sink.state == WIRE_END)
		finish(l);
}

static void receive(struct line *l)
{
	ssize_t n;

	do {
		size_t room = IN_MAX - l->in_n;

		n = tls_recv(l->ssl, l->fd, l->in + l->in_n, want.slow
		    && room > want.slow ? want.slow : room);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 && l->step == STEP_PAUSE) {
			hang_up(l); /* its right, between two answers */
			return;
		}
		if (n <= 0) {
			trouble(l, RESET, n < 0 ? strerror(errno) : "closed");
			return;
		}
		l->in_n += (size_t)n;
		l->moved = now;
		if (l->step == STEP_PAUSE)
			trouble(l, MIXED, "bytes nobody asked for");
		if (l->step == STEP_HEAD)
			read_head(l);
		if (l->step == STEP_BODY)
			read_body(l);
	} while (!want.slow && (l->step == STEP_HEAD || l->step == STEP_BODY));
}

/* A line that is woken; counts what it finishes and goes on at once. */
static void wake(struct line *l, unsigned events)
{
	bool busy = l->step == STEP_HEAD || l->step == STEP_BODY;

	/* a handshake writes when it has read */
	if (l->fd >= 0 && ((events & EPOLLOUT) != 0 || tls_is_young(l->ssl)))
		send_request(l);
	if (l->fd >= 0 && !tls_is_young(l->ssl))
		receive(l);
	if (busy && (l->step == STEP_IDLE || l->step == STEP_PAUSE)) {
		active--;
		if (want.pause == 0)
			begin(l);
	}
}

/* Not all begin at once: answers are read between a hundred and the next. */
static void look_at_all(void)
{
	static unsigned i;
	unsigned first = i, begins = 100;

	do {
		struct line *l = &lines[i];

		i = (i + 1) % want.connections;
		if (want.slow && (l->step == STEP_HEAD || l->step == STEP_BODY))
			wake(l, 0);
		if (l->step == STEP_HEAD || l->step == STEP_BODY) {
			if (now - l->moved > STALL_MS) {
				trouble(l, STALLED, "no byte in 5 s");
				active--;
			}
		} else if (l->moved + want.pause <= now) {
			begin(l);
			begins--;
		}
	} while (i != first && begins > 0);
}

static void run(void)
{
	struct epoll_event e[128];
	uint64_t looked = 0;
	unsigned tick = want.pause == 0 || want.pause > 500 ? 10 : 1;

	started = now = wire_now_ms();
	end_at = started + want.seconds * 1000;
	for (;;) {
		if (now - looked >= tick) {
			looked = now;
			look_at_all();
			if (active == 0 && (want.seconds > 0 ? now >= end_at :
			    begun >= want.requests))
				return;
		}
		int n = epoll_wait(lobby, e, 128, (int)tick);

		now = wire_now_ms();
		for (int i = 0; i < n; i++)
			wake(e[i].data.ptr, e[i].events);
	}
}

static void read_option(int option)
{
	unsigned long long min, max, n = strtoull(optarg ? optarg : "0", NULL,
	    10);

	switch (option) {
	case 'c': want.connections = (unsigned)n; break;
	case 't': want.seconds = n; break;
	case 'n': want.requests = n; break;
	case 'r': want.per_connection = (unsigned)n; break;
	case 'p': want.post_percent = (unsigned)n; break;
	case 'w': want.pause = (unsigned)n; break;
	case 'l': want.slow = (unsigned)n; break;
	case 'R': want.range_percent = (unsigned)n; break;
	case 'q': want.query = optarg; break;
	case 'H': want.host = optarg; break;
	case 'C': want.chunked = true; break;
	case 'P': want.upload = "PUT"; break;
	case 'S': tls_init((unsigned)n); break;
	case 's':
		if (sscanf(optarg, "%llu:%llu", &min, &max) == 2 &&
		    min <= max) {
			want.min = min;
			want.max = max;
			break;
		}
		/* fallthrough */
	default:
		fprintf(stderr, "load: see the head of load.c\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct rlimit r;
	uint64_t sum = 0;
	int option;

	while ((option = getopt(argc, argv, "c:t:n:r:p:w:q:H:CPs:S:R:l:"))
	    != -1)
		read_option(option);
	if (optind >= argc || want.connections == 0)
		read_option('?');
	if (want.seconds == 0 && want.requests == 0)
		want.requests = 1000;
	peer_len = wire_address(argv[optind], &peer);
	want.paths = argv + optind + 1;
	want.npaths = argc - optind - 1;
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	lines = calloc(want.connections, sizeof(*lines));
	if (lines == NULL || (lobby = epoll_create1(0)) < 0)
		wire_fail("load");
	for (unsigned i = 0; i < want.connections; i++)
		lines[i].fd = -1;
	run();
	printf("requests %llu", (unsigned long long)begun);
	for (int i = 0; i < NTROUBLES; i++) {
		printf(" %s %llu", names[i], (unsigned long long)troubles[i]);
		sum += troubles[i];
	}
	printf(tls_context == NULL ? "\n" : " lost %llu\n",
	    (unsigned long long)lost);
	return begun == 0 || sum > 0;
}
