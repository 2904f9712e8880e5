/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/parameters.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "libcontainer/rootfs/entry.h"
#include "spec/arena.h"
#include "spec/config.h"
#include "spec/escape.h"

/* fsconfig(2) accepts names and values of up to this many bytes each. */
enum { STRING_BYTES = 255 };

static int check_length(const char *what, size_t length, struct error *err)
{
	if (length <= STRING_BYTES)
		return 0;
	return error_set(err, EINVAL, "%s: %zu bytes are more than the kernel takes, %d",
			 show(what).text, length, STRING_BYTES);
}

/* Labels of SELinux may have commas, and are quoted then. */
static bool is_label(const char *option, size_t length)
{
	static const char *const names[] = {"context", "fscontext", "defcontext", "rootcontext"};
	size_t name = strcspn(option, "=");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name < length && strlen(names[i]) == name &&
		    strncmp(option, names[i], name) == 0)
			return true;
	return false;
}

/*
 * An option ends where the kernel would end it: at a comma, but not within the quotes of a label,
 * not when the comma is escaped in a path of an overlay, nor when a number follows, as in the list
 * of nodes of a tmpfs.
 */
static size_t option_length(const char *text, bool escapes)
{
	bool label = is_label(text, strlen(text)), quoted = false;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (escapes && text[i] == '\\' && text[i + 1])
			i++;
		else if (label && text[i] == '"')
			quoted = !quoted;
		else if (text[i] == ',' && !quoted && !isdigit((unsigned char)text[i + 1]))
			break;
	}
	return i;
}

static void remove_quotes(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '"')
			*to++ = *text;
	*to = '\0';
}

/* The copy of one layer of lowerdir has no escapes. The result is the length that the layer has
 * with them. */
static size_t copy_layer(char *layer, const char *text)
{
	size_t i;

	for (i = 0; text[i] && text[i] != ':'; i++) {
		if (text[i] == '\\' && text[i + 1])
			i++;
		*layer++ = text[i];
	}
	*layer = '\0';
	return i;
}

static void add(struct parameters *parameters, const char *name, const char *value)
{
	parameters->at[parameters->count++] = (struct parameter){name, value};
}

/* In "/a:/b::/data" a layer after two colons is a layer of data only. */
static int add_layers(struct arena *arena, const char *text, struct parameters *parameters,
		      struct error *err)
{
	const char *name = "lowerdir+";

	for (;;) {
		char *layer = arena_strdup(arena, text);
		size_t length = copy_layer(layer, text);

		if (check_length("options: lowerdir: a layer", strlen(layer), err) < 0)
			return -err->code;
		add(parameters, name, layer);
		text += length;
		if (!*text)
			return 0;
		name = text[1] == ':' ? "datadir+" : "lowerdir+";
		text += 1 + (text[1] == ':');
	}
}

/* An option such as "size=65536k" has a name and a value, one such as "nodiscard" only a name. */
static int add_option(struct arena *arena, const char *text, size_t length, bool overlay,
		      struct parameters *parameters, struct error *err)
{
	char *name = arena_strndup(arena, text, length), *value = strchr(name, '=');

	if (value)
		*value++ = '\0';
	if (value && is_label(text, length))
		remove_quotes(value);
	if (overlay && value && strcmp(name, "lowerdir") == 0 && strlen(value) > STRING_BYTES)
		return add_layers(arena, value, parameters, err);
	if (check_length("options: an option's name", strlen(name), err) < 0 ||
	    (value &&
	     check_length(arena_printf(arena, "options: %s", name), strlen(value), err) < 0))
		return -err->code;
	add(parameters, name, value);
	return 0;
}

static int add_options(struct arena *arena, const char *text, bool overlay,
		       struct parameters *parameters, struct error *err)
{
	for (;;) {
		size_t length = option_length(text, overlay);

		if (length > 0 && add_option(arena, text, length, overlay, parameters, err) < 0)
			return -err->code;
		if (!text[length])
			return 0;
		text += length + 1;
	}
}

/* Every parameter but the first of an entry begins after a comma or, as a layer of an overlay,
 * after a colon. */
static size_t count_at_most(const struct strings *data)
{
	size_t count = data->count;

	for (size_t i = 0; i < data->count; i++)
		for (const char *text = data->at[i]; (text = strpbrk(text, ",:")); text++)
			count++;
	return count;
}

/* The source of a new filesystem is a parameter for fsconfig(2), too, so its length is limited as
 * well. */
static int check_source(const struct mount *mount, struct error *err)
{
	if (!mount->source || mount->options.mode & MOUNT_MODE_REMOUNT)
		return 0;
	return check_length("source", strlen(mount->source), err);
}

int parameters_plan(struct arena *arena, const struct mount *mount, struct parameters *parameters,
		    struct error *err)
{
	const struct strings *data = &mount->options.data;
	struct parameters found = {
		.at = arena_array(arena, count_at_most(data), sizeof *found.at),
	};

	if (check_source(mount, err) < 0)
		return -err->code;
	for (size_t i = 0; i < data->count; i++)
		if (add_options(arena, data->at[i], entry_has_type(mount, "overlay"), &found, err) <
		    0)
			return -err->code;
	*parameters = found;
	return 0;
}

bool parameters_have(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++)
		if (parameters->at[i].value && strcmp(parameters->at[i].name, name) == 0)
			return true;
	return false;
}
