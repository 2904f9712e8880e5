# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who owns a container's ids: user namespaces, and an ordinary user who calls the runtime."""

import os

FIRST = 1_000_000  # ids of the host that nobody uses
SIZE = 65536
USER = 424242  # an ordinary user of these tests, who is in no file of the host


def mapping(container, host, size):
    return {"containerID": container, "hostID": host, "size": size}


def own_user_namespace(bundle, uids=None, gids=None):
    bundle.namespace("user")
    bundle.linux["uidMappings"] = uids or [mapping(0, FIRST, SIZE)]
    bundle.linux["gidMappings"] = gids or uids or [mapping(0, FIRST, SIZE)]
    return bundle


def as_user(kist, bundle, *before, bounded=True):
    """From here on an ordinary user calls kist; everything he needs is his.

    bounded: set-user-ID programs give him nothing either.
    """
    kist.root.mkdir(mode=0o700)
    os.chown(kist.root, USER, USER)
    bundle.linux.pop("cgroupsPath")
    bounding = ["--bounding-set=-all"] if bounded else []
    kist.prefix = [*before, "setpriv", "--reuid", str(USER), "--regid", str(USER),
                   "--clear-groups", *bounding, "--inh-caps=-all", "--"]


def rootless(kist, bundle):
    """The least that there is: one id, mapped by the user himself."""
    own_user_namespace(bundle, [mapping(0, USER, 1)])
    for mount in bundle.config["mounts"]:
        if mount["type"] == "devpts":
            mount["options"].remove("gid=5")
    as_user(kist, bundle)


def owners(report, *names, directory="/data"):
    paths = [report.path(f"{directory}/{name}") for name in names]
    return [(path["uid"], path["gid"]) for path in paths]
