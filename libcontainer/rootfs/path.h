/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part resolves container paths. No other file turns one into a descriptor.
 *
 * A container path is resolved below a tree, a descriptor of a directory that is its root: neither
 * "..", nor absolute symbolic links, nor a rename at the wrong moment lead out of it
 * (RESOLVE_IN_ROOT, openat2(2)), and magic links such as /proc/self/root are never followed. A
 * path is resolved once, and what it led to is then used by its descriptor; the string is not
 * trusted a second time.
 *
 * Errors name the path ("/dev/pts: No such file or directory"); callers add what they needed it
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
	/* Symbolic links are followed, and lead to their targets below the tree. */
	PATH_LINKS_FOLLOWED,
	/* A symbolic link on the way, or at the end, is an error, as for /dev, /proc and /sys. */
	PATH_LINKS_REFUSED,
};

/**
 * path_open() - open something that exists.
 * @tree: root of the tree; creation->rootfs.tree for the container
 * @path: container path; absolute and relative are the same
 * @flags: of open(2), without O_CREAT; O_CLOEXEC is implied. O_PATH suffices for a mount, for a
 * change of attributes and for a directory to work in. With O_NOFOLLOW | O_PATH a symbolic link at
 * the end is opened itself.
 *
 * Return: descriptor; -ENOENT; -ELOOP for a link that is refused; -errno
 */
int path_open(int tree, const char *path, uint64_t flags, enum path_links links, struct error *err);

/**
 * path_make_directory() - open a directory, and make it and those above it where they are missing.
 * @mode: permissions of the directories that are made; the umask applies, which is 0 in init
 *
 * A dangling symbolic link on the way is refused: whatever it was made for, it was not this
 * directory.
 *
 * Return: O_PATH descriptor or -errno
 */
int path_make_directory(int tree, const char *path, mode_t mode, enum path_links links,
			struct error *err);

/**
 * path_make_file() - open a file of any type, a directory included. When nothing exists at path,
 * make an empty regular file, with the directories above it (mode 0755).
 * @mode: permissions of the file when it is made
 *
 * Return: O_PATH descriptor or -errno
 */
int path_make_file(int tree, const char *path, mode_t mode, enum path_links links,
		   struct error *err);

/**
 * path_make_node() - make a device node or fifo, with the directories above it (mode 0755).
 * @mode: type and permissions, as mknod(2) has them
 * @made: set to whether the node was made; if not, a file of any type existed already
 *
 * Return: O_PATH descriptor of what is at path, where a symbolic link at the end is not followed;
 * -errno
 */
int path_make_node(int tree, const char *path, mode_t mode, dev_t device, enum path_links links,
		   bool *made, struct error *err);

/**
 * path_make_link() - make a symbolic link, with the directories above it (mode 0755).
 * @text: what the link says
 *
 * Return: 0; -EEXIST when path exists already; -errno
 */
int path_make_link(int tree, const char *path, const char *text, enum path_links links,
		   struct error *err);

/**
 * path_clean() - make a container path absolute, without ".", "..", and superfluous slashes, as if
 * there were no symbolic links. A relative path counts from /.
 */
const char *path_clean(struct arena *arena, const char *path);

/**
 * path_is_below() - is a clean path strictly below a clean directory?
 */
bool path_is_below(const char *path, const char *directory);

/**
 * path_links() - say whether links may be followed on the way to a clean path. They may not be to
 * /proc and /dev, nor below them, nor to /sys: what kist puts there is never meant for another
 * place.
 */
enum path_links path_links(const char *path);

/**
 * path_on_host() - make a host path of config.json absolute. A relative path counts from the
 * bundle.
 */
const char *path_on_host(struct arena *arena, const char *bundle, const char *path);

#endif
