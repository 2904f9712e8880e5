# SPDX-License-Identifier: LGPL-2.1-or-later
"""The floors of libcontainer: which object calls which, measured on a build.

What one object needs of another is read with nm from the object files of a build: a call, or a
reference to a table or a step. (What it includes are types, and may come from anywhere.) Such arrows
go down the floors of FLOORS, or stay in one folder.
"""

import re
import subprocess
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "libcontainer"

# From the top. A name that ends in a slash is a folder: the subjects stand side by side, and so do
# the verbs. An arrow to a floor further down is always allowed.
FLOORS = (
    "create.c exec.c start.c kill.c delete.c mounts.c state.c list.c".split(),
    ["enter.c"],
    ["container.c"],
    ["directory.c"],
    ["plan.c"],
    "process/ rootfs/ namespaces/ cgroup/ seccomp/ rdt.c".split(),
    ["record.c"],
    ["host.c"],
    ["steps.c"],
    "io.c log.c mountinfo.c procfs.c timestamp.c".split(),
)


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
    listing = subprocess.run(
        ["nm", "-g", "-P", path], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    names = (set(), set())
    for symbol, kind in re.findall(r"^(\S+) (\S)", listing, re.MULTILINE):
        names[kind == "U"].add(symbol)
    return names


def read_objects(build):
    """{file: (names that it defines, names that it needs)} of the objects of libcontainer.

    Not of the library: spec's are in it too, and may be called the same.
    """
    directory = Path(build) / "libcontainer" / "libcontainer.a.p"
    objects = {}
    for path in SOURCE.rglob("*.c"):
        name = str(path.relative_to(SOURCE))
        objects[name] = read_object(directory / (name.replace("/", "_") + ".o"))
    return objects


def find_arrows(objects):
    """{file: {file that it needs: names that tie them}}"""
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


def report(build):
    """Print the cycles with what ties them, and the arrows that do not go down."""
    arrows = find_arrows(read_objects(build))
    for cycle in find_cycles(arrows):
        print(f"cycle of {len(cycle)}: {' '.join(sorted(cycle))}")
        for source in sorted(cycle):
            for target in sorted(cycle & set(arrows[source])):
                print("   ", show(source, target, arrows[source][target]))
    for source in sorted(arrows):
        if floor(source) is None:
            print(f"no floor: {source}")
            continue
        for target, symbols in sorted(arrows[source].items()):
            if floor(target) is not None and not goes_down(source, target):
                way = "up" if floor(source) > floor(target) else "aside"
                print(f"{way}: {show(source, target, symbols)}")
