/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts as descriptors: fsopen(2), fsconfig(2), fsmount(2), open_tree(2), mount_setattr(2),
 * move_mount(2). A mount is made detached, gets its attributes while nobody can see it, and is
 * attached last. Options are told to the kernel one by one, and what it has to say about one is part
 * of the error.
 */
#ifndef KIST_MOUNTFD_H
#define KIST_MOUNTFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcontainer/rootfs/parameters.h"
#include "spec/error.h"

/**
 * mountfd_context() - begin to make a filesystem.
 * @type: as in /proc/filesystems
 *
 * Return: descriptor of a filesystem context or -errno
 */
int mountfd_context(const char *type, struct error *err);

/**
 * mountfd_set() - give a filesystem context one parameter.
 * @value: NULL for a parameter that is a mere word
 */
int mountfd_set(int context, const char *name, const char *value, struct error *err);

/**
 * mountfd_create() - make the filesystem that a context describes, and a detached mount of it.
 * @attributes: MOUNT_ATTR_*
 *
 * Return: descriptor of the mount or -errno
 */
int mountfd_create(int context, uint64_t attributes, struct error *err);

/**
 * mountfd_tmpfs() - a detached mount of a new tmpfs.
 */
int mountfd_tmpfs(const struct parameter *parameters, size_t count, uint64_t attributes,
		  struct error *err);

/**
 * mountfd_pick() - begin to change the filesystem of a mount.
 * @mount: its root
 *
 * Return: descriptor of a context for mountfd_set() and mountfd_reconfigure(), or -errno
 */
int mountfd_pick(int mount, struct error *err);
int mountfd_reconfigure(int context, struct error *err);

/**
 * mountfd_clone() - a detached copy of what is seen at a path, as a bind mount would show it.
 * @directory: where a relative path begins
 * @path: "" for the directory itself
 * @flags: AT_RECURSIVE: with the mounts below; AT_SYMLINK_NOFOLLOW: a symbolic link at the end is
 * shown itself
 *
 * The copy of a shared mount is in the same peer group, until that is changed.
 *
 * Return: descriptor of the copy or -errno
 */
int mountfd_clone(int directory, const char *path, unsigned flags, struct error *err);

/**
 * mountfd_change() - set and clear attributes of a mount.
 * @recursive: also of all mounts below
 * @set, @clear: MOUNT_ATTR_*. Where the access time is set, clear has all of MOUNT_ATTR__ATIME.
 *
 * The mount is detached, or attached in the caller's mount namespace: the kernel changes no mount
 * that is below another in a detached tree.
 */
int mountfd_change(int mount, bool recursive, uint64_t set, uint64_t clear, struct error *err);

/**
 * mountfd_idmap() - let the files of a detached mount appear with other owners.
 * @recursive: also of all mounts below
 * @userns: user namespace whose maps say which: container ids are those of the filesystem, host ids
 * those that are seen
 *
 * A mount is mapped once and for ever. Return: 0; -EINVAL where the filesystem does not allow it;
 * -EPERM when it is mapped already, or the caller has no CAP_SYS_ADMIN over it
 */
int mountfd_idmap(int mount, bool recursive, int userns, struct error *err);

/**
 * mountfd_id() - the mount that something is on; the same number in mountinfo. While the mount is held
 * open no other has it.
 * @path: below directory, "": directory itself
 *
 * Return: 0 or -errno
 */
int mountfd_id(int directory, const char *path, uint64_t *id, struct error *err);

/**
 * mountfd_propagate() - set the propagation type of a mount, under the same condition.
 * @propagation: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE; with MS_REC also of all below
 */
int mountfd_propagate(int mount, unsigned long propagation, struct error *err);

/**
 * mountfd_join() - put a mount into the peer group of another one, and make it a slave of whom that
 * one follows (Linux 5.15).
 * @mount: the root of a mount that is neither shared nor a slave
 * @group: the root of one that shows the same, or more of it; not a private one
 *
 * Either may be in any mount namespace, or detached, and the caller needs CAP_SYS_ADMIN over both.
 */
int mountfd_join(int mount, int group, struct error *err);

/**
 * mountfd_attach() - put a detached mount, with those below, onto what target is.
 * @target: directory for the mount of a directory, file for that of a file
 */
int mountfd_attach(int mount, int target, struct error *err);

/**
 * mountfd_stage() - attach a mount where nothing needs it, in the caller's private mount namespace.
 *
 * Before Linux 6.15 nothing can be mounted onto a detached mount, nor copied from one. On the stage
 * it can. Lookups do not see the mount, since the root directory of a process is not what is
 * mounted over it. Everything mounted on it goes with it.
 */
int mountfd_stage(int mount, struct error *err);
int mountfd_unstage(int mount, struct error *err);

/**
 * mountfd_detach() - take a mount, of a directory or of a file, away from wherever it is attached, with
 * all that is mounted on it and over it.
 * @mount: its root
 * @descriptors: see procfs_open_descriptors(); becomes the working directory
 *
 * Return: 0; -EINVAL when it is not attached in the caller's mount namespace, or is locked there
 */
int mountfd_detach(int mount, int descriptors, struct error *err);

#endif
