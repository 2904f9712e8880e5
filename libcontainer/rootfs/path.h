/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Container paths. This is the only file that turns one into a descriptor.
 *
 * A container path is resolved below a tree, a descriptor of a directory that is its root: neither
 * "..", nor absolute symbolic links, nor a rename at the wrong moment lead out of it
 * (RESOLVE_IN_ROOT, openat2(2)), and magic links such as /proc/self/root are never followed. What
 * was resolved once is used by its descriptor; the string is not trusted a second time.
 *
 * Errors name the path ("/dev/pts: No such file or directory"); callers add what they wanted it
 * for.
 */
#ifndef KIST_PATH_H
#define KIST_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/arena.h"
#include "spec/error.h"

enum path_links {
	PATH_LINKS_FOLLOWED, /* symbolic links lead to where they lead below the tree */
	PATH_LINKS_REFUSED,  /* one on the way, or at the end, is an error: for /dev, /proc, /sys */
};

/**
 * path_open() - open something that exists.
 * @tree: root of the tree; creation->rootfs.tree for the container
 * @path: container path; absolute and relative are the same
 * @flags: of open(2), without O_CREAT; O_CLOEXEC is implied. O_PATH where a mount, a change of
 * attributes or a directory to work in is wanted. With O_NOFOLLOW | O_PATH a symbolic link at the
 * end is opened itself.
 *
 * Return: descriptor; -ENOENT; -ELOOP for a link that is refused; -errno
 */
int path_open(int tree, const char *path, uint64_t flags, enum path_links links, struct error *err);

/**
 * path_make_directory() - open a directory, and make it and those above it where they are missing.
 * @mode: of those that are made; the umask applies, which is 0 in init
 *
 * A dangling symbolic link on the way is refused: whatever it was meant for, it was not this.
 *
 * Return: O_PATH descriptor or -errno
 */
int path_make_directory(int tree, const char *path, mode_t mode, enum path_links links,
			struct error *err);

/**
 * path_make_file() - open a file of any type, a directory included, and make an empty regular one,
 * with the directories above it (mode 0755), when there is nothing.
 *
 * Return: O_PATH descriptor or -errno
 */
int path_make_file(int tree, const char *path, mode_t mode, enum path_links links,
		   struct error *err);

/**
 * path_make_node() - make a device node or fifo, with the directories above it (mode 0755).
 * @mode: type and permissions, as mknod(2) has them
 * @made: set to whether it was made; else something was there already, of whatever type
 *
 * Return: O_PATH descriptor of what is at path, a symbolic link at the end not followed; -errno
 */
int path_make_node(int tree, const char *path, mode_t mode, dev_t device, enum path_links links,
		   bool *made, struct error *err);

/**
 * path_make_link() - make a symbolic link, with the directories above it (mode 0755).
 *
 * Return: 0; -EEXIST when there is something already; -errno
 */
int path_make_link(int tree, const char *path, const char *text, enum path_links links,
		   struct error *err);

/**
 * path_clean() - an absolute container path without ".", "..", and superfluous slashes, as if there
 * were no symbolic links. A relative path counts from /.
 */
const char *path_clean(struct arena *arena, const char *path);

/**
 * path_is_below() - whether a clean path is strictly below a clean directory.
 */
bool path_is_below(const char *path, const char *directory);

/**
 * path_links() - whether links may be followed to a clean path: not to /proc and /dev, nor below
 * them, and not to /sys. What kist puts there is never meant for another place.
 */
enum path_links path_links(const char *path);

/**
 * path_on_host() - a path of the host that config.json gives, made absolute: relative ones count
 * from the bundle.
 */
const char *path_on_host(struct arena *arena, const char *bundle, const char *path);

#endif
