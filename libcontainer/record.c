/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/record.h"

#include <errno.h>
#include <string.h>

#include "libcontainer/io.h"
#include "spec/config.h"
#include "spec/escape.h"
#include "spec/schema_fields.h"

/* The version of record.json's form. A kist that does not know the form leaves such containers
 * alone. */
#define RECORD_VERSION "1"

static const struct word status_table[] = {
	{"creating", STATUS_CREATING}, {"created", STATUS_CREATED}, {"running", STATUS_RUNNING},
	{"paused", STATUS_PAUSED},     {"stopped", STATUS_STOPPED},
};

const struct words status_words = {"status", status_table,
				   sizeof status_table / sizeof *status_table};

/* clang-format off */
static const struct field cgroup_fields[] = {
	FIELD(struct record_cgroup, driver, REQUIRED),
	FIELD(struct record_cgroup, path, REQUIRED),
	FIELD(struct record_cgroup, freezers, OPTIONAL),
};
static const struct schema cgroup_schema = SCHEMA(struct record_cgroup, cgroup_fields);

static const struct field rdt_fields[] = {
	FIELD(struct record_rdt, mount, ABSOLUTE),
	FIELD(struct record_rdt, control, OPTIONAL),
	FIELD(struct record_rdt, own, OPTIONAL),
	FIELD(struct record_rdt, monitored, OPTIONAL),
};
static const struct schema rdt_schema = SCHEMA(struct record_rdt, rdt_fields);

static const struct field record_fields[] = {
	FIELD(struct record, version, REQUIRED),
	FIELD(struct record, id, REQUIRED),
	FIELD(struct record, bundle, REQUIRED | ABSOLUTE),
	FIELD(struct record, rootfs, REQUIRED | ABSOLUTE),
	FIELD(struct record, created, REQUIRED),
	FIELD(struct record, owner, REQUIRED),
	EMBEDDED(struct record, cgroup, cgroup_schema, REQUIRED),
	EMBEDDED(struct record, rdt, rdt_schema, OPTIONAL),
	FIELD(struct record, keyring, OPTIONAL),
	FIELD(struct record, annotations, OPTIONAL),
	FIELD(struct record, startContainer, OPTIONAL),
	FIELD(struct record, poststart, OPTIONAL),
	FIELD(struct record, poststop, OPTIONAL),
	FIELD(struct record, listener, OPTIONAL),
	FIELD(struct record, pid, REQUIRED),
	FIELD(struct record, pidfs_inode, REQUIRED),
	FIELD(struct record, start_time, REQUIRED),
	FIELD(struct record, pid_namespace, REQUIRED),
};
static const struct schema record_schema = SCHEMA(struct record, record_fields);

/* The field that every version of the form has. */
static const struct field version_fields[] = {FIELD(struct record, version, REQUIRED)};
static const struct schema version_schema = SCHEMA(struct record, version_fields);
/* clang-format on */

int record_error_gone(const char *id, struct error *err)
{
	return error_set(err, ENOENT, "container \"%s\" does not exist", id);
}

static bool parse_record(const struct schema *schema, const struct document *document,
			 struct arena *arena, struct record *record)
{
	struct error ignored;

	*record = (struct record){0};
	return schema_parse(schema, "record.json", document->text, document->size, arena, record,
			    &ignored) == 0;
}

/* This is an error for delete with force, too: this kist cannot undo as a whole what it does not
 * understand. */
static int error_other_version(const char *id, const char *version, struct error *err)
{
	return error_set(err, ENOTSUP,
			 "container \"%s\" was made by another version of kist, with a record of "
			 "form %s; only that version can manage and delete it",
			 id, show(version).text);
}

int record_read(int directory, const char *id, struct arena *arena, struct record *record,
		struct error *err)
{
	struct record found;
	struct document document;
	struct error ignored;
	bool whole;

	if (config_read(directory, "record.json", arena, &document, &ignored) < 0)
		return 0;
	whole = parse_record(&record_schema, &document, arena, &found);
	if (!whole && !parse_record(&version_schema, &document, arena, &found))
		return 0;
	if (strcmp(found.version, RECORD_VERSION) != 0)
		return error_other_version(id, found.version, err);
	if (!whole)
		return 0;
	found.directory = directory;
	*record = found;
	return 1;
}

int record_write(const struct record *record, struct arena *arena, struct error *err)
{
	struct record written = *record;
	const char *text;

	written.version = RECORD_VERSION;
	text = schema_format(&record_schema, &written, SCHEMA_COMPACT, arena);
	return io_replace_file(record->directory, "record.json", 0600, text, strlen(text), err);
}

int record_read_config(const struct record *record, struct arena *arena,
		       const struct config **config, struct error *err)
{
	static const char name[] = "config.json";
	struct document document;

	if (config_read(record->directory, name, arena, &document, err) < 0)
		return -err->code;
	return config_parse(name, &document, arena, config, err);
}

struct state record_state(const struct record *record, enum status status)
{
	return (struct state){
		.ociVersion = SPEC_VERSION,
		.id = record->id,
		.pid = record->pid,
		.status = words_name(&status_words, status),
		.bundle = record->bundle,
		.rootfs = record->rootfs,
		.created = record->created,
		.annotations = record->annotations,
	};
}
