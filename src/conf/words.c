/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that stand for values in the file: for reading and for writing. */
#include "conf/words.h"

#include <stddef.h>

#include "conf/conf.h"

const struct word words_balance[] = {
	{"round-robin", BALANCE_ROUND_ROBIN},
	{"least-connections", BALANCE_LEAST_CONNECTIONS},
	{"least-time", BALANCE_LEAST_TIME},
	{"random", BALANCE_RANDOM},
	{"hash", BALANCE_HASH},
	{NULL, 0},
};

const struct word words_state[] = {
	{"up", CONF_UP},
	{"drain", CONF_DRAIN},
	{"down", CONF_DOWN},
	{NULL, 0},
};

const struct word words_when_down[] = {
	{"fail", false},
	{"try", true},
	{NULL, 0},
};

const struct word words_retry[] = {
	{"connect", RETRY_CONNECT},
	{"timeout", RETRY_TIMEOUT},
	{"reset", RETRY_RESET},
	{"502", RETRY_502},
	{"503", RETRY_503},
	{"504", RETRY_504},
	{NULL, 0},
};

const struct word words_version[] = {
	{"1.2", 0x0303},
	{"1.3", 0x0304},
	{NULL, 0},
};

const struct word words_verify[] = {
	{"none", VERIFY_NONE},
	{"optional", VERIFY_OPTIONAL},
	{"require", VERIFY_REQUIRE},
	{NULL, 0},
};

const char *words_name(const struct word *words, int value)
{
	while (words->name && words->value != value)
		words++;
	MUST(words->name);
	return words->name;
}
