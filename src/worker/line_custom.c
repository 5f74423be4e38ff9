/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of access logs: by a template of the configuration. */
#include "worker/line.h"

static size_t room_of(const struct buf *b)
{
	return (size_t)(b->end - b->at);
}

/* As much of it as fits. */
static void put_text(struct buf *b, struct slice v)
{
	buf_put(b, v.p, v.n < room_of(b) ? v.n : room_of(b));
}

static struct slice value_of(const struct stride *s,
    const struct conf_part *part, char room[LINE_TEXT])
{
	const struct field *f;

	if (part->kind != LOG_FIELD_REQUEST)
		return line_fields[part->kind].text(s, room);
	f = head_find_name(&s->r->head, part->text);
	return f ? f->value : slice_make(NULL, 0);
}

/* What a request does not have is "-". */
static void put_field(const struct stride *s, const struct conf_part *part,
    uint64_t now, struct buf *b)
{
	const struct line_field *f = &line_fields[part->kind];
	int64_t n = f->number ? f->number(s, now) : -1;
	struct slice v = {NULL, 0};
	char room[LINE_TEXT];

	if (f->number == NULL)
		v = value_of(s, part, room);
	if (v.n > 0)
		line_put_escaped(b, v, room_of(b));
	else if (n >= 0)
		buf_u64(b, (uint64_t)n);
	else
		put_text(b, SLICE("-"));
}

void line_custom(const struct stride *s, const struct conf_template *custom,
    uint64_t now, struct buf *b)
{
	for (unsigned i = 0; i < custom->n && !b->full; i++) {
		const struct conf_part *part = &custom->at[i];
		if (part->kind == LOG_FIELD_TEXT)
			put_text(b, part->text);
		else
			put_field(s, part, now, b);
	}
}
