/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/path.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "spec/cleanup.h"

/* openat2(2) gives up with EAGAIN when something was renamed while it resolved "..". The number
 * of attempts is limited, because a container that renames for ever must not keep kist busy for
 * ever. */
enum { ATTEMPTS_MAX = 128 };

/* The two parts of a path that is cut at its last component. */
struct split {
	const char *parent, *name;
	char directory[PATH_MAX]; /* holds the text of both */
};

static int open_resolved(int directory, const char *path, uint64_t flags, uint64_t mode,
			 uint64_t resolve)
{
	int descriptor = -1;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		descriptor = sys_openat2(directory, path, flags, mode, resolve);
		if (descriptor >= 0 || errno != EAGAIN)
			break;
	}
	return descriptor;
}

static int open_in_tree(int tree, const char *path, uint64_t flags, enum path_links links)
{
	uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

	if (links == PATH_LINKS_REFUSED)
		resolve |= RESOLVE_NO_SYMLINKS;
	return open_resolved(tree, path, flags, 0, resolve);
}

/* The component was just made, or was seen to exist, so a link that has taken its place must not be
 * followed. */
static int open_child(int directory, const char *name, uint64_t flags)
{
	return open_resolved(directory, name, flags | O_NOFOLLOW, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

static int fail(const char *path, enum path_links links, struct error *err)
{
	if (errno == ELOOP && links == PATH_LINKS_REFUSED)
		return error_set(err, ELOOP, "%s: must not be, or lead through, a symbolic link",
				 path);
	if (errno == ELOOP)
		return error_set(err, ELOOP, "%s: too many links, or a magic link", path);
	/* Opening with O_PATH never fails with EROFS, so the file was to be made. */
	if (errno == EROFS)
		return error_errno(err, "%s: is missing and cannot be made", path);
	if (errno == EAGAIN)
		return error_set(err, EAGAIN, "%s: renamed again and again while it was resolved",
				 path);
	return error_errno(err, "%s", path);
}

int path_open(int tree, const char *path, uint64_t flags, enum path_links links, struct error *err)
{
	int descriptor = open_in_tree(tree, path, flags, links);

	return descriptor < 0 ? fail(path, links, err) : descriptor;
}

/* "/a//b/" becomes "/a" and "b". Trailing slashes are dropped; the last component must be a
 * name. */
static int split_path(const char *path, struct split *split, struct error *err)
{
	size_t length = strlen(path);
	char *name;

	if (length >= sizeof split->directory)
		return error_set(err, ENAMETOOLONG, "%.64s...: %s", path,
				 error_describe(ENAMETOOLONG));
	memcpy(split->directory, path, length + 1);
	while (length > 0 && split->directory[length - 1] == '/')
		split->directory[--length] = '\0';
	name = strrchr(split->directory, '/');
	name = name ? name + 1 : split->directory;
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(err, EINVAL, "%s: does not end in a name", path);
	split->name = name;
	split->parent = "/";
	if (name > split->directory + 1) {
		name[-1] = '\0';
		split->parent = split->directory;
	}
	return 0;
}

/* Makes a directory and opens it. prefix is the path from the tree down to it, name included. */
static int make_child(int tree, int parent, const char *prefix, const char *name, mode_t mode,
		      enum path_links links, struct error *err)
{
	int directory;

	if (mkdirat(parent, name, mode) == 0) {
		directory = open_child(parent, name, O_PATH | O_DIRECTORY);
		return directory < 0 ? fail(prefix, links, err) : directory;
	}
	if (errno != EEXIST)
		return fail(prefix, links, err);
	/* Another process has made the directory meanwhile, or the name is a link that leads
	 * nowhere. */
	directory = open_in_tree(tree, prefix, O_PATH | O_DIRECTORY, links);
	if (directory < 0 && errno == ENOENT)
		return error_set(err, ENOENT, "%s: is a dangling symbolic link", prefix);
	return directory < 0 ? fail(prefix, links, err) : directory;
}

/* Cuts the last component off a path of this length, and returns the length of the rest, which is
 * "" for the root. */
static size_t cut_component(char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	while (length > 0 && path[length - 1] == '/')
		length--;
	path[length] = '\0';
	return length;
}

/* Opens the deepest directory above path that exists, and cuts path to it. */
static int open_ancestor(int tree, char *path, size_t length, enum path_links links,
			 struct error *err)
{
	for (;;) {
		int directory;

		length = cut_component(path, length);
		directory = open_in_tree(tree, length ? path : "/", O_PATH | O_DIRECTORY, links);
		if (directory >= 0)
			return directory;
		if (errno != ENOENT || length == 0)
			return fail(length ? path : "/", links, err);
	}
}

/* The missing directories are made one by one, each in the descriptor of the one before, so that no
 * path is resolved twice. */
static int make_directories(int tree, const char *path, mode_t mode, enum path_links links,
			    struct error *err)
{
	char prefix[PATH_MAX];
	size_t length = strlen(path);
	_close_ int directory = -1;

	memcpy(prefix, path, length + 1);
	directory = open_ancestor(tree, prefix, length, links, err);
	if (directory < 0)
		return directory;
	for (length = strlen(prefix);;) {
		const char *name = path + length + strspn(path + length, "/");
		size_t end = (size_t)(name - path) + strcspn(name, "/");
		int next;

		if (!*name)
			return take(&directory);
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		next = make_child(tree, directory, prefix, prefix + (name - path), mode, links,
				  err);
		if (next < 0)
			return next;
		close(directory);
		directory = next;
		length = end;
	}
}

int path_make_directory(int tree, const char *path, mode_t mode, enum path_links links,
			struct error *err)
{
	int directory = open_in_tree(tree, path, O_PATH | O_DIRECTORY, links);

	if (directory >= 0)
		return directory;
	if (errno != ENOENT || strlen(path) >= PATH_MAX)
		return fail(path, links, err);
	return make_directories(tree, path, mode, links, err);
}

/* The directory that contains path is made where it is missing. */
static int make_parent(int tree, const char *path, struct split *split, enum path_links links,
		       struct error *err)
{
	if (split_path(path, split, err) < 0)
		return -err->code;
	return path_make_directory(tree, split->parent, 0755, links, err);
}

static int create_file(int tree, const char *path, mode_t mode, enum path_links links,
		       struct error *err)
{
	struct split split;
	_close_ int parent = make_parent(tree, path, &split, links, err);
	_close_ int file = -1;
	int descriptor;

	if (parent < 0)
		return parent;
	file = open_resolved(parent, split.name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode,
			     RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (file < 0 && errno != EEXIST)
		return fail(path, links, err);
	descriptor = file < 0 ? open_in_tree(tree, path, O_PATH, links)
			      : open_child(parent, split.name, O_PATH);
	if (file < 0 && descriptor < 0 && errno == ENOENT)
		return error_set(err, ENOENT, "%s: is a dangling symbolic link", path);
	return descriptor < 0 ? fail(path, links, err) : descriptor;
}

int path_make_file(int tree, const char *path, mode_t mode, enum path_links links,
		   struct error *err)
{
	int descriptor = open_in_tree(tree, path, O_PATH, links);

	if (descriptor >= 0)
		return descriptor;
	if (errno != ENOENT)
		return fail(path, links, err);
	return create_file(tree, path, mode, links, err);
}

int path_make_node(int tree, const char *path, mode_t mode, dev_t device, enum path_links links,
		   bool *made, struct error *err)
{
	struct split split;
	_close_ int parent = make_parent(tree, path, &split, links, err);
	bool missing;
	int descriptor;

	if (parent < 0)
		return parent;
	missing = mknodat(parent, split.name, mode, device) == 0;
	if (!missing && errno != EEXIST)
		return error_errno(err, "%s: mknod", path);
	descriptor = open_child(parent, split.name, O_PATH);
	if (descriptor < 0)
		return fail(path, links, err);
	*made = missing;
	return descriptor;
}

int path_make_link(int tree, const char *path, const char *text, enum path_links links,
		   struct error *err)
{
	struct split split;
	_close_ int parent = make_parent(tree, path, &split, links, err);

	if (parent < 0)
		return parent;
	if (symlinkat(text, parent, split.name) < 0)
		return error_errno(err, "%s: symlink", path);
	return 0;
}

/* Appends one component to a clean path of the given length, and returns the new length. */
static size_t append_component(char *clean, size_t length, const char *name, size_t size)
{
	if (size == 0 || (size == 1 && name[0] == '.'))
		return length;
	if (size == 2 && name[0] == '.' && name[1] == '.') {
		while (length > 0 && clean[--length] != '/')
			;
		return length;
	}
	clean[length++] = '/';
	memcpy(clean + length, name, size);
	return length + size;
}

const char *path_clean(struct arena *arena, const char *path)
{
	char *clean = arena_alloc(arena, strlen(path) + 2);
	size_t length = 0;

	while (*path) {
		size_t size = strcspn(path, "/");

		length = append_component(clean, length, path, size);
		path += size + (path[size] == '/');
	}
	if (length == 0)
		clean[length++] = '/';
	clean[length] = '\0';
	return clean;
}

bool path_is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 1)
		return path[1] != '\0';
	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

enum path_links path_links(const char *path)
{
	static const struct {
		const char *path;
		bool below;
	} fixed[] = {{"/proc", true}, {"/dev", true}, {"/sys", false}};

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (strcmp(path, fixed[i].path) == 0 ||
		    (fixed[i].below && path_is_below(path, fixed[i].path)))
			return PATH_LINKS_REFUSED;
	return PATH_LINKS_FOLLOWED;
}

const char *path_on_host(struct arena *arena, const char *bundle, const char *path)
{
	return path[0] == '/' ? arena_strdup(arena, path)
			      : arena_printf(arena, "%s/%s", bundle, path);
}
