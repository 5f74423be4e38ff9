/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4: a keyed hash of 64 bits that strangers cannot foresee. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

/* With a key of zeros it is an ordinary hash, the same on every machine. */
uint64_t hash_slice(const uint64_t key[2], struct slice s);

#endif
