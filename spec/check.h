/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of the specification that span more than one property. A rule about one property alone
 * is in the property's field row.
 */
#ifndef KIST_SPEC_CHECK_H
#define KIST_SPEC_CHECK_H

#include "spec/config.h"

/**
 * check_config() - check a configuration by every rule.
 *
 * Return: 0, -EINVAL, or -ENOTSUP for a version of the specification that is not 1.x.y; the error's
 * text begins with the property at fault
 */
int check_config(const struct config *config, struct error *err);

/**
 * check_process() - check a process by the rules that are about process alone, when it was not part
 * of the configuration that was checked.
 * @config: its process is the one to check
 *
 * Return: 0 or -EINVAL, as check_config()
 */
int check_process(const struct config *config, struct error *err);

/**
 * check_mount_entries() - check mounts by the rules that are about mounts alone, when they were not
 * part of the configuration that was checked.
 * @config: its mounts are the ones to check
 *
 * Return: 0 or -EINVAL, as check_config()
 */
int check_mount_entries(const struct config *config, struct error *err);

/**
 * seccomp_notifies() - whether a profile has calls answered by an agent (SCMP_ACT_NOTIFY).
 */
bool seccomp_notifies(const struct seccomp *seccomp);

#endif
