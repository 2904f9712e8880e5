# SPDX-License-Identifier: LGPL-2.1-or-later
"""The floors of libcontainer, with spec below: which object calls which, measured on a build.

What one object needs of another is read with nm from the object files of a build: a call, or a
reference to a table or a step. (What it includes are types, and may come from anywhere.) Such
arrows go down the floors of FLOORS, or stay in one folder.
"""

import re
import subprocess
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "libcontainer"

# From the top. A name that ends in a slash is a folder: the subjects stand side by side, and so do
# the verbs. An arrow to a floor further down is always allowed.
FLOORS = (
    "create.c exec.c start.c kill.c delete.c mounts.c state.c".split(),
    ["enter.c"],
    ["container.c"],
    ["directory.c"],
    ["plan.c", "creation.c"],
    "process/ rootfs/ namespaces/ cgroup/ seccomp/ rdt.c".split(),
    ["record.c"],
    ["host.c"],
    "steps.c warnings.c".split(),
    "clock.c io.c log.c mountinfo.c procfs.c timestamp.c".split(),
    ["spec/"],
)
VERBS = 0

IDS = "ids of the container's user namespace, and who maps them"
TREE = "only path.c and mountfd.c turn the container's paths and mounts into descriptors"
TALK = "the conversation of init and the host side, by which each waits for the other"
UNDO = "create's undo column: what a failing create does, a failing start and delete do, too"

# {from: {to: why this arrow goes up, or aside to another subject}}, each a file or a folder.
ARROWS = {
    "delete.c": {"create.c": UNDO},
    "start.c": {"create.c": UNDO},
    "log.c": {"timestamp.c": "a line of the log begins with the time"},
    "namespaces/": {
        "process/sync.c": TALK,
        "process/birth.c": "a helper of its own is born and guarded as init is",
        "process/environment.c": "newuidmap is found in the caller's PATH",
        "process/executable.c": "the same",
        "process/spawn.c": "newuidmap is run",
    },
    "process/": {
        "namespaces/idmap.c": IDS,
        "rootfs/path.c": TREE,
        "rootfs/mountfd.c": TREE,
    },
    "process/clone.c": {
        "cgroup/cgroup.c": "a killed init dies only once v1's freezer lets it go",
        "namespaces/join.c": "init is cloned where the namespaces to join are",
    },
    "process/limits.c": {"rootfs/entry.c": "how many descriptors a mount takes"},
    "process/start_socket.c": {
        "namespaces/join.c": "who joins a container that waits for start is sent its namespaces",
    },
    "process/sync.c": {"seccomp/agent.c": "the agent gets the listener once init has sent it"},
    "rootfs/": {
        "namespaces/idmap.c": IDS,
        "namespaces/userns.c": IDS,
        "namespaces/inside.c": "the host side opens sources in init's mount namespace",
        "process/sync.c": TALK,
    },
    "rootfs/cgroups.c": {"cgroup/": "a mount of type cgroup shows the cgroup's own directories"},
    "rootfs/rootfs.c": {
        "process/limits.c": "sources are closed where they took the limit of descriptors up",
    },
    "seccomp/thread.c": {"process/sync.c": TALK},
}

# Files that need one another, {file: why it needs the others}. No cycle is larger than this.
CYCLE_MAX = 3
CYCLES = []


def room(name):
    """The folder of a file, or the file itself where it stands in none."""
    return name[: name.index("/") + 1] if "/" in name else name


def floor(name):
    """The number of a file's floor, from the top; None if it has none."""
    for number, rooms in enumerate(FLOORS):
        if room(name) in rooms:
            return number
    return None


def read_object(path):
    """Names that an object file defines, names that it needs."""
    if not path.exists():
        raise SystemExit(f"{path} is missing: build first")
    listing = subprocess.run(
        ["nm", "-g", "-P", path], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    names = (set(), set())
    for symbol, kind in re.findall(r"^(\S+) (\S)", listing, re.MULTILINE):
        names[kind == "U"].add(symbol)
    return names


def read_objects(build):
    """{file: (names that it defines, names that it needs)} of the objects of libcontainer and spec.

    Not of the library: both are in it, and may be called the same.
    """
    objects = {}
    for path in SOURCE.rglob("*.c"):
        name = str(path.relative_to(SOURCE))
        directory = Path(build) / "libcontainer" / "libcontainer.a.p"
        objects[name] = read_object(directory / (name.replace("/", "_") + ".o"))
    for path in SOURCE.with_name("spec").glob("*.c"):
        directory = Path(build) / "spec" / "libspec.a.p"
        objects[f"spec/{path.name}"] = read_object(directory / (path.name + ".o"))
    return objects


def find_arrows(objects):
    """{file: {file that it needs: names that tie them}} of {file: (defined, needed)}."""
    owner = {symbol: name for name, (defined, _) in objects.items() for symbol in defined}
    arrows = {name: defaultdict(set) for name in objects}
    for name, (_, needed) in objects.items():
        for symbol in needed:
            if owner.get(symbol, name) != name:
                arrows[name][owner[symbol]].add(symbol)
    return arrows


def reachable(arrows, start):
    """The files to which arrows lead from start; start is one of them only if it is in a cycle."""
    found, waiting = set(), [start]
    while waiting:
        for name in arrows.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def find_cycles(arrows):
    """Sets of files each of which needs all the others, the largest first."""
    reach = {name: reachable(arrows, name) for name in arrows}
    cycles = {
        frozenset(other for other in reach[name] if name in reach[other])
        for name in arrows
        if name in reach[name]
    }
    return sorted(cycles, key=lambda cycle: (-len(cycle), sorted(cycle)))


def goes_down(source, target):
    return floor(source) < floor(target) or (room(source) == room(target))


def show(source, target, symbols):
    return f"{source} -> {target}: {' '.join(sorted(symbols))}"


def row_of(source, target, rows):
    """The row of rows that allows an arrow, the most general one; None if there is none."""
    for row in ((room(source), room(target)), (room(source), target), (source, room(target))):
        if row[1] in rows.get(row[0], ()):
            return row
    return (source, target) if target in rows.get(source, ()) else None


def check_arrows(arrows, rows):
    """Complaints about arrows that go up or aside, and about rows that allow none."""
    used, complaints = set(), []
    for source in sorted(arrows):
        if floor(source) is None:
            complaints.append(f"libcontainer/{source}: stands on no floor of tests/lint_objects.py")
            continue
        for target, symbols in sorted(arrows[source].items()):
            if floor(target) is None or goes_down(source, target):
                continue
            row = row_of(source, target, rows)
            used.add(row)
            if not row:
                way = "up" if floor(source) > floor(target) else "aside"
                complaints.append(f"{way}, without a reason: {show(source, target, symbols)}")
    allowed = {(source, target) for source, targets in rows.items() for target in targets}
    for source, target in sorted(allowed - used):
        complaints.append(f"tests/lint_objects.py: {source} does not need {target} any more")
    return complaints


def check_steps(arrows, steps):
    """Complaints about steps that somebody else takes than the tables of the verbs."""
    complaints = []
    for source in sorted(arrows):
        for target, symbols in sorted(arrows[source].items()):
            taken = symbols & steps
            if taken and floor(source) != VERBS:
                complaints.append(f"a step, and no table: {show(source, target, taken)}")
    return complaints


def check_cycles(arrows, rows):
    """Complaints about cycles that are too large or have no reason, and about idle reasons."""
    found = find_cycles(arrows)
    complaints = []
    for cycle in found:
        size = f"cycle of {len(cycle)}: {' '.join(sorted(cycle))}"
        if len(cycle) > CYCLE_MAX:
            complaints.append(f"{size}: larger than {CYCLE_MAX}; see tests/lint --ties")
        elif cycle not in map(frozenset, rows):
            complaints.append(f"{size}: without a reason; see tests/lint --ties")
    for row in rows:
        if frozenset(row) not in found:
            complaints.append(f"tests/lint_objects.py: no cycle any more: {' '.join(sorted(row))}")
    return complaints


def find_steps():
    """Names of the steps: constant objects of their subjects."""
    steps = set()
    for path in SOURCE.rglob("*.c"):
        steps.update(re.findall(r"^const struct step (\w+) =", path.read_text(), re.MULTILINE))
    return steps


def check_objects(build):
    arrows = find_arrows(read_objects(build))
    complaints = check_arrows(arrows, ARROWS) + check_cycles(arrows, CYCLES)
    complaints += check_steps(arrows, find_steps())
    print("\n".join([*complaints, f"{len(arrows)} objects, {len(complaints)} complaints"]))
    return bool(complaints)


def print_ties(build):
    """Print the cycles with what ties them, and the arrows that do not go down."""
    arrows = find_arrows(read_objects(build))
    for cycle in find_cycles(arrows):
        print(f"cycle of {len(cycle)}: {' '.join(sorted(cycle))}")
        for source in sorted(cycle):
            for target in sorted(cycle & set(arrows[source])):
                print("   ", show(source, target, arrows[source][target]))
    print("\n".join(check_arrows(arrows, {})))


def planted():
    """Objects with one violation or none: (how many complaints are expected, the complaints)."""
    up = {"io.c": ({"io"}, {"kill"}), "kill.c": ({"kill"}, {"io"})}
    aside = {"rootfs/a.c": ({"a"}, {"b"}), "process/b.c": ({"b"}, set())}
    inside, ring = (
        {f"rootfs/{i}.c": ({f"f{i}"}, {f"f{(i + 1) % size}"}) for i in range(size)}
        for size in (3, 4)
    )
    step = {"create.c": (set(), {"bind"}), "rootfs/a.c": ({"bind"}, set())}
    taken = {"process/b.c": (set(), {"bind"}), "rootfs/a.c": ({"bind"}, set())}
    two = {"io.c": "", "kill.c": ""}
    for expected, check, objects, rows in (
        (1, check_arrows, up, {}),
        (0, check_arrows, up, {"io.c": {"kill.c": ""}}),
        (1, check_arrows, aside, {}),
        (0, check_arrows, aside, {"rootfs/": {"process/": ""}}),
        (0, check_arrows, aside, {"rootfs/a.c": {"process/": ""}}),
        (1, check_arrows, aside, {"rootfs/": {"process/": "", "cgroup/": ""}}),
        (1, check_arrows, aside, {"rootfs/": {"process/": ""}, "rootfs/a.c": {"process/b.c": ""}}),
        (0, check_arrows, inside, {}),
        (1, check_arrows, {"new.c": (set(), set())}, {}),
        (1, check_cycles, up, []),
        (0, check_cycles, up, [two]),
        (1, check_cycles, inside, []),
        (0, check_cycles, inside, [inside]),
        (1, check_cycles, ring, [ring]),
        (0, check_cycles, aside, []),
        (1, check_cycles, aside, [two]),
        (0, check_steps, step, {"bind"}),
        (1, check_steps, taken, {"bind"}),
    ):
        yield expected, check(find_arrows(objects), rows)


def self_test():
    """What is planted and not found, or found where nothing is planted."""
    return [
        f"planted object {number}: {complaints}"
        for number, (expected, complaints) in enumerate(planted())
        if len(complaints) != expected
    ]
