# SPDX-License-Identifier: LGPL-2.1-or-later
"""config.md, Mounts: idmap, ridmap, uidMappings, gidMappings."""

import os

import pytest

from harness.users import FIRST, SIZE, mapping, own_user_namespace, owners, rootless


@pytest.fixture
def source(work):
    """Files of the host, of several owners."""
    path = work / "source"
    path.mkdir()
    for uid in (0, 5, 1000):
        (path / str(uid)).write_text(f"of {uid}\n")
        os.chown(path / str(uid), uid, uid + 1)
    return path


def bind(bundle, source, *options, uids=None, gids=None, destination="/data"):
    bundle.mount(destination, source, "bind", options)
    if uids:
        bundle.config["mounts"][-1]["uidMappings"] = uids
        bundle.config["mounts"][-1]["gidMappings"] = gids or uids
    return bundle


def contained(bundle, *points):
    """With a user namespace, whose root may make no mount points in the image of these tests."""
    for point in points:
        (bundle.rootfs / point).mkdir()
    return own_user_namespace(bundle)


FILES = ("/data/0", "/data/5", "/data/1000")


@pytest.mark.parametrize("options", [["bind", "idmap"], ["rbind", "ridmap"], ["bind"]])
def test_own_mapping(kist, bundle, source, options):
    """Without the word the mapping is meant, too."""
    bind(bundle, source, *options, uids=[mapping(0, 100, 2000)], gids=[mapping(0, 3000, 2000)])
    report = kist.report(bundle, *FILES)
    assert owners(report, 0, 5, 1000) == [(100, 3001), (105, 3006), (1100, 4001)]
    assert report.path("/data/5")["text"] == "of 5\n"


@pytest.mark.parametrize("word", ["idmap", "ridmap"])
def test_mapping_of_the_option(kist, bundle, source, word):
    """As podman writes it."""
    bind(bundle, source, "bind", f"{word}=uids=0-100-5#5-7-10;gids=0-3000-2000")
    assert owners(kist.report(bundle, *FILES), 0, 5, 1000) == [
        (100, 3001), (7, 3006), (65534, 4001)]


def test_mapping_of_the_option_in_the_user_namespace(kist, bundle, source):
    """Without an @ ids are the host's, with it the container's."""
    contained(bundle, "data")
    bind(bundle, source, "bind", f"idmap=uids=@5-1-10#0-{FIRST + 20}-1;gids=@0-0-100")
    assert owners(kist.report(bundle, *FILES), 0, 5) == [(20, 1), (1, 6)]


@pytest.mark.parametrize("value, text", [
    ("", r"\"\" begins with neither uids= nor gids="),
    ("uids=1-2", r"\"1-2\" does not begin with a range of ids"),
    ("uids=1-2-3", r"uids: must be given along with gids"),
    ("uids=@0-0-1;gids=0-0-1", r"no range of the container's user namespace has all of 0-0"),
])
def test_malformed_options(kist, bundle, source, value, text):
    bind(bundle, source, "bind", f"idmap={value}")
    kist.refuses(bundle, r"config\.json: mounts\[\d+\]\.options: idmap: " + text)


def test_ids_without_a_mapping_belong_to_nobody(kist, bundle, source):
    bind(bundle, source, "bind", "idmap", uids=[mapping(5, 50, 2)])
    assert owners(kist.report(bundle, *FILES), 0, 5, 1000) == [
        (65534, 65534), (50, 51), (65534, 65534)]


def test_several_mappings(kist, bundle, source):
    first, second = [mapping(0, 100, 10)], [mapping(5, 7, 10)]
    bind(bundle, source, "bind", "idmap", uids=first, destination="/a")
    bind(bundle, source, "bind", "idmap", uids=second, destination="/b")
    bind(bundle, source, "bind", "idmap", uids=first, destination="/c")
    bind(bundle, source, "bind", destination="/d")
    report = kist.report(bundle, "/a/5", "/b/5", "/c/5", "/d/5")
    assert [owners(report, 5, directory=name)[0] for name in ("/a", "/b", "/c", "/d")] == [
        (105, 106), (7, 8), (105, 106), (5, 6)]


def test_mapping_of_the_user_namespace(kist, bundle, source):
    """What belongs to an id on the host belongs to the same id in the container."""
    contained(bundle, "data", "plain")
    bind(bundle, source, "bind", "idmap")
    bind(bundle, source, "bind", destination="/plain")
    report = kist.report(bundle, *FILES, "/plain/5")
    assert owners(report, 0, 5, 1000) == [(0, 1), (5, 6), (1000, 1001)]
    assert owners(report, 5, directory="/plain") == [(65534, 65534)]


def test_files_that_are_made(kist, bundle, source):
    """Written as root of the container, they are root's on the host."""
    contained(bundle, "data")
    bind(bundle, source, "bind", "idmap")
    bundle.process["args"] = ["/bin/touch", "/data/new"]
    assert kist.run(bundle).code == 0
    assert (source / "new").stat().st_uid == 0


def test_same_mapping_as_the_user_namespace(kist, bundle, source):
    """It is not made twice."""
    contained(bundle, "data")
    bind(bundle, source, "bind", "idmap", uids=[mapping(0, FIRST, SIZE)])
    assert owners(kist.report(bundle, *FILES), 5) == [(5, 6)]


def test_another_mapping_than_the_user_namespace(kist, bundle, source):
    contained(bundle, "data")
    bind(bundle, source, "bind", "idmap", uids=[mapping(0, FIRST + 10, 100)])
    assert owners(kist.report(bundle, *FILES), 0, 5) == [(10, 11), (15, 16)]


@pytest.mark.parametrize("uids", [None, [mapping(0, FIRST, SIZE)], [mapping(0, FIRST + 10, 100)]])
def test_a_copied_link_has_no_mapping(kist, bundle, source, work, uids):
    """There is no mount that could have one; what is none is mapped."""
    contained(bundle, "mnt", "data")
    os.chown(bundle.rootfs / "mnt", FIRST, FIRST)
    (work / "link").symlink_to("/data/5")
    bind(bundle, work / "link", "bind", "idmap", "copy-symlink", uids=uids, destination="/mnt/link")
    bind(bundle, source, "bind", "idmap", "copy-symlink")
    report = kist.report(bundle, "/mnt/link", *FILES)
    assert report.path("/mnt/link")["follow"]["uid"] == 5
    assert owners(report, 5) == [(5, 6)]


@pytest.mark.parametrize("word, below", [("idmap", (5, 6)), ("ridmap", (105, 106))])
def test_mounts_below(kist, bundle, source, elsewhere, word, below):
    (source / "sub").mkdir()
    host = elsewhere("--mount", setup=f"mount -t tmpfs below {source}/sub; echo x >{source}/sub/5;"
                     f"chown 5:6 {source}/sub/5")
    kist.prefix = host.enter("--mount")
    bind(bundle, source, "rbind", word, uids=[mapping(0, 100, 2000)])
    report = kist.report(bundle, "/data/5", "/data/sub/5")
    assert owners(report, 5, "sub/5") == [(105, 106), below]


def test_with_other_options(kist, bundle, source):
    bind(bundle, source, "bind", "idmap", "ro", "nosuid", "noexec", uids=[mapping(0, 100, 2000)])
    report = kist.report(bundle, *FILES)
    assert {"ro", "nosuid", "noexec", "idmapped"} <= report.mount("/data").options
    assert owners(report, 0) == [(100, 101)]


def test_single_file(kist, bundle, source):
    bind(bundle, source / "5", "bind", "idmap", uids=[mapping(0, 100, 2000)], destination="/data/x")
    assert owners(kist.report(bundle, "/data/x"), "x") == [(105, 106)]


def test_new_filesystem(kist, bundle):
    bundle.mount("/data", "tmpfs", "tmpfs", ["idmap", "mode=755", "uid=5", "gid=6"])
    bundle.config["mounts"][-1]["uidMappings"] = [mapping(0, 100, 2000)]
    bundle.config["mounts"][-1]["gidMappings"] = [mapping(0, 200, 2000)]
    report = kist.report(bundle, "/data")
    assert "idmapped" in report.mount("/data").options
    assert [report.path("/data")[key] for key in ("uid", "gid")] == [105, 206]


def test_namespace_is_not_inherited(kist, bundle, source):
    bind(bundle, source, "bind", "idmap", uids=[mapping(0, 100, 2000)])
    assert sorted(kist.report(bundle)["descriptors"]) == ["0", "1", "2"]


# Bad input


@pytest.mark.parametrize(
    "options, uids, gids, text",
    [
        (["bind", "idmap"], None, None,
         r"mounts\[6\]\.options: idmap: neither uidMappings and gidMappings of this mount nor a user "
         "namespace to take them from"),
        (["bind", "ridmap"], None, None, r"mounts\[6\]\.options: idmap: neither"),
        (["bind", "idmap"], [mapping(0, 1, 1)], None,
         r"mounts\[6\]\.uidMappings: must be given along with gidMappings"),
        (["bind"], None, [mapping(0, 1, 1)],
         r"mounts\[6\]\.gidMappings: must be given along with uidMappings"),
        (["bind", "idmap"], [mapping(0, 1, 2), mapping(1, 10, 1)], [mapping(0, 1, 1)],
         r"mounts\[6\]\.uidMappings\[1\]: overlaps with \[0\]"),
        (["bind", "idmap"], [mapping(0, 1, 1)], [mapping(0, 2**32 - 2, 5)],
         r"mounts\[6\]\.gidMappings\[0\]: goes beyond the last id"),
        (["remount", "idmap"], [mapping(0, 1, 1)], [mapping(0, 1, 1)],
         r"mounts\[6\]: options: idmap: only for binds and new filesystems"),
    ],
)
def test_mappings_that_are_refused(kist, bundle, source, options, uids, gids, text):
    bundle.mount("/data", source, "bind", options)
    for name, value in (("uidMappings", uids), ("gidMappings", gids)):
        if value:
            bundle.config["mounts"][-1][name] = value
    kist.refuses(bundle, text)


@pytest.mark.parametrize("type", ["proc", "sysfs", "cgroup"])
def test_filesystems_that_cannot_be_mapped(kist, bundle, type):
    bundle.mount("/data", type, type, ["idmap"])
    bundle.config["mounts"][-1]["uidMappings"] = [mapping(0, 100, 10)]
    bundle.config["mounts"][-1]["gidMappings"] = [mapping(0, 100, 10)]
    text = "only for binds" if type == "cgroup" else "its filesystem cannot show other owners"
    kist.refuses(bundle, r"mounts\[6\]: .*idmap: .*" + text)


def test_source_that_cannot_be_mapped(kist, bundle):
    bind(bundle, "/proc/sys", "bind", "idmap", uids=[mapping(0, 100, 10)])
    kist.refuses(bundle, r"mounts\[6\]: /data: idmap: .*its filesystem cannot show other owners")


def test_source_that_is_mapped_already(kist, bundle, source, work):
    """By the container's namespace, in the step of its own; nothing is left of it."""
    contained(bundle, "data")
    bind(bundle, "/proc/sys", "bind", "idmap")
    kist.refuses(bundle, r"mounts\[6\]: /data: idmap: .*its filesystem cannot show other owners")


def test_filesystem_in_a_user_namespace(kist, bundle):
    contained(bundle, "data")
    bundle.mount("/data", "tmpfs", "tmpfs", ["idmap"])
    kist.refuses(bundle, r"mounts\[6\]: options: idmap: a filesystem that is made in the container's "
                 "user namespace has its mapping already")


def test_rootless(kist, bundle, source):
    rootless(kist, bundle)
    bind(bundle, source, "bind", "idmap")
    bundle.write()
    result = kist("run", "--bundle", bundle.path, kist.new_id())
    assert result.code == 1
    assert "mounts[6]: options: idmap: takes CAP_SYS_ADMIN over the filesystem" in result.err
