/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions of the configuration, compiled by PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "conf/regex.h"

#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LENGTH 4096 /* bytes of an expression at most */

/* A line feed in a parameter of a query is a byte as others: "." takes it, and
 * "$" does not overlook it. */
#define OPTIONS (PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY)

/* libconfig made them of \b, \f or \x..: the user meant something else. */
static bool refuse_control(const char *text, char wrong[REGEX_WRONG])
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0x20 && c != 0x7f)
			continue;
		snprintf(wrong, REGEX_WRONG, "holds the control byte 0x%02x; "
		    "in the file a backslash of an expression is written "
		    "twice, as \"\\\\d\"", c);
		return true;
	}
	return false;
}

struct pcre2_real_code_8 *regex_compile(const char *text,
    char wrong[REGEX_WRONG])
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	int error;

	if (strlen(text) > LENGTH) {
		snprintf(wrong, REGEX_WRONG, "is longer than %d bytes",
		    LENGTH);
		return NULL;
	}
	if (refuse_control(text, wrong))
		return NULL;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)text, strlen(text), OPTIONS,
	    &error, &at, NULL);
	if (re == NULL) {
		pcre2_get_error_message(error, why, sizeof why);
		snprintf(wrong, REGEX_WRONG, "is no regular expression: %s "
		    "(after %zu bytes)", (const char *)why, (size_t)at);
		return NULL;
	}
	pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	return re;
}

unsigned regex_groups(const struct pcre2_real_code_8 *re)
{
	uint32_t n = 0;

	pcre2_pattern_info(re, PCRE2_INFO_CAPTURECOUNT, &n);
	return n;
}

void regex_free(void *re)
{
	pcre2_code_free(re);
}
