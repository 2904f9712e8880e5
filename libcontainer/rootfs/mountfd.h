/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part handles mounts as descriptors: fsopen(2), fsconfig(2), fsmount(2), open_tree(2),
 * mount_setattr(2), move_mount(2). A mount is made detached, gets its attributes while nobody can
 * see it, and is attached last. The kernel is given options one by one, and its message about an
 * option that it refuses is part of the error.
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
 * @type: filesystem type as in /proc/filesystems
 *
 * Return: descriptor of a filesystem context or -errno
 */
int mountfd_context(const char *type, struct error *err);

/**
 * mountfd_set() - give a filesystem context one parameter.
 * @value: NULL for a parameter that is a flag without a value
 *
 * Return: 0; -errno, where the error has the kernel's explanation
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
 * mountfd_tmpfs() - make a new tmpfs and a detached mount of it.
 * @parameters: options of the tmpfs
 * @count: how many there are
 * @attributes: MOUNT_ATTR_*
 *
 * Return: descriptor of the mount or -errno
 */
int mountfd_tmpfs(const struct parameter *parameters, size_t count, uint64_t attributes,
		  struct error *err);

/**
 * mountfd_pick() - begin to change the filesystem of a mount; mountfd_reconfigure() applies what
 * mountfd_set() has told the context.
 * @mount: descriptor of the mount's root
 *
 * Return: descriptor of a context for mountfd_set() and mountfd_reconfigure(), or -errno
 */
int mountfd_pick(int mount, struct error *err);
int mountfd_reconfigure(int context, struct error *err);

/**
 * mountfd_clone() - make a detached copy of what is seen at a path, as a bind mount would show it.
 * @directory: where a relative path begins
 * @path: "" for the directory itself
 * @flags: AT_RECURSIVE copies the mounts below, too; AT_SYMLINK_NOFOLLOW copies a symbolic link at
 * the end of the path itself
 *
 * The copy of a shared mount is in the same peer group, until that is changed.
 *
 * Return: descriptor of the copy or -errno
 */
int mountfd_clone(int directory, const char *path, unsigned flags, struct error *err);

/**
 * mountfd_change() - set and clear attributes of a mount.
 * @recursive: change all mounts below, too
 * @set, @clear: MOUNT_ATTR_*. Where the access time is set, clear has all of MOUNT_ATTR__ATIME.
 *
 * The mount must be detached, or attached in the caller's mount namespace: the kernel changes no
 * mount that is below another in a detached tree.
 *
 * Return: 0 or -errno
 */
int mountfd_change(int mount, bool recursive, uint64_t set, uint64_t clear, struct error *err);

/**
 * mountfd_idmap() - let the files of a detached mount appear with other owners.
 * @recursive: map all mounts below, too
 * @userns: user namespace whose maps translate: its container ids are those of the filesystem, its
 * host ids those that are seen
 *
 * The kernel maps a mount only once and for ever.
 *
 * Return: 0; -EINVAL where the filesystem does not allow it; -EPERM when the mount is mapped
 * already, or the caller has no CAP_SYS_ADMIN over its filesystem
 */
int mountfd_idmap(int mount, bool recursive, int userns, struct error *err);

/**
 * mountfd_id() - find the id of the mount that a file is on, which is the number in mountinfo. No
 * other mount has that id while this one is held open.
 * @path: below directory; "" for directory itself
 * @id: gets the id
 *
 * Return: 0 or -errno
 */
int mountfd_id(int directory, const char *path, uint64_t *id, struct error *err);

/**
 * mountfd_propagate() - set the propagation type of a mount, which must fulfil the condition of
 * mountfd_change().
 * @propagation: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE; with MS_REC the mounts below are
 * changed, too
 *
 * Return: 0 or -errno
 */
int mountfd_propagate(int mount, unsigned long propagation, struct error *err);

/**
 * mountfd_join() - put a mount into the peer group of another mount, and make it a slave of the
 * group that the other one follows (Linux 5.15).
 * @mount: the root of a mount that is neither shared nor a slave
 * @group: the root of a mount that shows the same directory, or more; it is not private
 *
 * Either may be in any mount namespace, or detached, and the caller needs CAP_SYS_ADMIN over both.
 *
 * Return: 0 or -errno
 */
int mountfd_join(int mount, int group, struct error *err);

/**
 * mountfd_attach() - attach a detached mount, with the mounts below it, to a target.
 * @target: descriptor of a directory for the mount of a directory, of a file for the mount of a
 * file
 *
 * Return: 0 or -errno
 */
int mountfd_attach(int mount, int target, struct error *err);

/**
 * mountfd_stage() - attach a mount over the root directory of the caller's private mount
 * namespace, where nothing needs it; mountfd_unstage() takes it away again.
 *
 * Before Linux 6.15 the kernel neither mounts onto a detached mount nor copies from one. Once the
 * mount is attached it does both. Lookups do not see the mount, since the root directory of a
 * process is below what is mounted over it. Everything mounted on the mount goes with it.
 *
 * Return: 0 or -errno
 */
int mountfd_stage(int mount, struct error *err);
int mountfd_unstage(int mount, struct error *err);

/**
 * mountfd_detach() - take the mount of a directory or a file away from wherever it is attached,
 * with all that is mounted on it and over it.
 * @mount: descriptor of the mount's root
 * @descriptors: see procfs_open_descriptors(); it becomes the working directory
 *
 * Return: 0; -EINVAL when the mount is not attached in the caller's mount namespace, or is locked
 * there
 */
int mountfd_detach(int mount, int descriptors, struct error *err);

#endif
