/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of the specification that span more than one property. What concerns one property alone
 * is in its field row.
 */
#ifndef KIST_SPEC_CHECK_H
#define KIST_SPEC_CHECK_H

#include "spec/config.h"

/**
 * check_config() - hold a configuration against every rule.
 *
 * Return: 0, -EINVAL, or -ENOTSUP for a version of the specification that is not 1.x.y; the
 * property at fault is in front of the text
 */
int check_config(const struct config *config, struct error *err);

/**
 * check_process() - the rules that are about process alone, for one that came later.
 * @config: with a process
 */
int check_process(const struct config *config, struct error *err);

/**
 * check_mount_entries() - the rules that are about mounts alone, for those that come later.
 */
int check_mount_entries(const struct config *config, struct error *err);

/**
 * seccomp_notifies() - whether a profile has calls answered by an agent (SCMP_ACT_NOTIFY).
 */
bool seccomp_notifies(const struct seccomp *seccomp);

#endif
