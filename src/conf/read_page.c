/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of what we answer ourselves: bodies, files, pages for errors. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/heap.h"
#include "conf/read.h"

/* Head and body are made in the pages that a connection may have. */
#define BODY_MOST 204800
#define TYPE_MOST 2048

static const struct page_type {
	struct slice end;
	struct slice type;
} types[] = {
#define PAGE_TYPE(end, type) {{end, sizeof end - 1}, {type, sizeof type - 1}}
	PAGE_TYPE(".html", "text/html; charset=utf-8"),
	PAGE_TYPE(".htm", "text/html; charset=utf-8"),
	PAGE_TYPE(".json", "application/json"),
	PAGE_TYPE(".txt", "text/plain; charset=utf-8"),
	PAGE_TYPE(".xml", "application/xml"),
#undef PAGE_TYPE
	{{NULL, 0}, {NULL, 0}},
};

const char *read_beside(struct load *l, const struct spot *at,
    const char *text)
{
	const char *from = source_file(&l->source,
	    config_setting_source_line(at->setting));
	const char *slash = strrchr(from, '/');
	int folder = slash ? (int)(slash - from) + 1 : 0;

	if (*text == '/')
		return text;
	return load_absolute(l->conf, heap_printf(l->conf, "%.*s%s", folder,
	    from, text));
}

void read_page(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text && *text == '\0')
		spot_bad(l, at, "is empty; write the name of a file");
	else if (text)
		*(const char **)spot_target(at) = read_beside(l, at, text);
}

/* Not what waits for a writer, and not a folder. */
static int open_plain(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Up to room bytes of it; -1 and errno if it cannot be read. */
static ssize_t read_up_to(int fd, char *to, size_t room)
{
	size_t n = 0;

	while (n < room) {
		ssize_t got = read(fd, to + n, room - n);
		if (got < 0 && errno != EINTR)
			return -1;
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)n;
}

static void refuse_file(struct load *l, const struct spot *at, int error)
{
	const char *text = spot_text(l, at);

	spot_bad(l, at, "is \"%s\", which cannot be read: %s%s", text,
	    error == EINVAL ? "it is no plain file" : strerror(error),
	    error == ENOENT && *text != '/' ? "; a name that begins without "
	    "\"/\" is looked for beside this file" : "");
}

bool read_page_body(struct load *l, const struct spot *at, const char *path,
    struct slice *body)
{
	char *room = malloc(BODY_MOST + 1);
	int fd = open_plain(path);
	ssize_t n = fd < 0 ? -1 : read_up_to(fd, room, BODY_MOST + 1);

	if (room == NULL)
		die("out of memory");
	if (n < 0)
		refuse_file(l, at, errno);
	else if (n > BODY_MOST)
		spot_bad(l, at, "is \"%s\", which has more than %d bytes",
		    spot_text(l, at), BODY_MOST);
	if (fd >= 0)
		close(fd);
	bool good = n >= 0 && n <= BODY_MOST;
	if (good)
		*body = slice_make(heap_copy(l->conf,
		    slice_make(room, (size_t)n)), (size_t)n);
	free(room);
	return good;
}

bool read_page_type(struct load *l, const struct spot *at, const char *path,
    struct slice *type)
{
	for (const struct page_type *t = types; t->end.p; t++)
		if (slice_ends(slice_str(path), t->end)) {
			*type = t->type;
			return true;
		}
	spot_bad(l, at, "is \"%s\", whose name does not say what it is; right "
	    "is one that ends in .html, .htm, .json, .txt or .xml",
	    spot_text(l, at));
	return false;
}

void read_statuses(struct load *l, const struct spot *at)
{
	struct conf_error_page *page = at->base;
	unsigned n = spot_count(l, at);

	page->status = heap_alloc(l->conf, n, sizeof *page->status);
	page->nstatus = 0;
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; write a status, as 502");
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		long long v;
		if (!spot_number(l, &item, &v))
			continue;
		if (v < (long long)at->key->least
		    || v > (long long)at->key->most)
			spot_bad(l, &item, "has %lld; right is %u to %u", v,
			    (unsigned)at->key->least,
			    (unsigned)at->key->most);
		else
			page->status[page->nstatus++] = (uint16_t)v;
	}
}

/* The client's Accept could not choose between two of one type. */
static void verify_page(struct load *l, const struct spot *item,
    const struct conf_error_page *pages, unsigned i)
{
	const struct conf_error_page *new = &pages[i];

	for (unsigned j = 0; j < i && new->type.n; j++)
		for (unsigned a = 0; a < pages[j].nstatus; a++)
			for (unsigned b = 0; b < new->nstatus; b++) {
				if (pages[j].status[a] != new->status[b]
				    || !slice_eq(pages[j].type, new->type))
					continue;
				spot_bad(l, item, "has two pages for %u of "
				    "the type %.*s; one for each type is "
				    "right", new->status[b],
				    SLICE_FMT(new->type));
				return;
			}
}

static void read_error(struct load *l, const struct spot *item,
    const char *title, struct conf_error_page *page)
{
	char path[KEYWORD_PATH];

	page->body = page->type = SLICE("");
	if (!spot_is_group(item)) {
		spot_bad(l, item, "has a member that is no group; write "
		    "{ status = 502; file = \"sorry.html\"; }");
		return;
	}
	keyword_path(item->key, "", path);
	load_group(l, path, item->setting, title, page);
	struct spot file = spot_member(item, title, page, "file");
	if (page->file == NULL)
		return;
	read_page_body(l, &file, page->file, &page->body);
	read_page_type(l, &file, page->file, &page->type);
}

void read_errors(struct load *l, const struct spot *at)
{
	struct conf_policy *policy = keyword_policy(at->key, at->base);
	unsigned n = spot_count(l, at);

	policy->errors = heap_alloc(l->conf, n, sizeof *policy->errors);
	policy->nerrors = n;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		read_error(l, &item, heap_printf(l->conf, "error page %u of "
		    "%s", i + 1, at->title), &policy->errors[i]);
		verify_page(l, &item, policy->errors, i);
	}
}

void read_body(struct load *l, const struct spot *at)
{
	*(struct slice *)spot_target(at) = slice_str(spot_bytes(l, at));
}

void read_media(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text == NULL)
		return;
	if (!strchr(text, '/') || *text == '/')
		spot_bad(l, at, "is \"%s\"; write a media type, as "
		    "\"text/html\"", text);
	*(struct slice *)spot_target(at) = slice_str(text);
}

/* A body in the file, and what it is if nothing else says so. */
static void read_respond_file(struct load *l, const struct spot *at,
    struct conf_route *route)
{
	struct spot file = spot_member(at, heap_printf(l->conf,
	    "respond of %s", at->title), route, "file");

	if (config_setting_get_member(at->setting, "body"))
		spot_bad(l, at, "has both a \"body\" and a \"file\"; one of "
		    "them is right");
	read_page_body(l, &file, route->respond.file, &route->respond.body);
	if (route->respond.type.p == NULL)
		read_page_type(l, &file, route->respond.file,
		    &route->respond.type);
}

void read_respond(struct load *l, const struct spot *at)
{
	struct conf_route *route = at->base;
	unsigned status;

	l->actions++;
	route->action = CONF_RESPOND;
	read_group(l, at);
	status = route->respond.status;
	if (route->respond.file)
		read_respond_file(l, at, route);
	if (route->respond.type.p == NULL)
		route->respond.type = SLICE("text/plain; charset=utf-8");
	if (route->respond.body.n > BODY_MOST
	    || route->respond.type.n > TYPE_MOST)
		spot_bad(l, at, "has a body of %zu bytes and a type of %zu; at "
		    "most %d and %d are right", route->respond.body.n,
		    route->respond.type.n, BODY_MOST, TYPE_MOST);
	if (route->respond.body.n
	    && (status == 204 || status == 205 || status == 304))
		spot_bad(l, at, "has a body, and status %u cannot have one",
		    status);
}
