/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of certificates: whether they have changed. */
#ifndef MASTER_FILES_H
#define MASTER_FILES_H

#include <stdint.h>

#include "conf/conf.h"

/* A number that is another one when a file that gates of conf read has come,
 * gone, or been written or replaced: of listeners their certificates, keys and
 * client_ca, of pools ca, cert and key; of all that their globs and folders
 * have now. Nothing is read of any file. *n (unless n is NULL) is how many
 * there are. May block on the disk. */
uint64_t files_print(const struct conf *conf, unsigned *n);

#endif
