#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares kist with the floor and with the other runtimes that are installed.

Prints Markdown tables and, as the last line, everything in them as one line of JSON. It never passes
or fails by a time: it fails when something does not run. README.md says how to read the tables.

How it measures, and why so:

- The bundle is config.json beside this file, what `kist spec` writes but for the terminal and the
  command; /bin/true in it is the static program `nothing`. All runtimes get the same bundle.
- A small C program, `time`, starts the commands and takes the times; Python only reads its output.
  Starting a process from Python takes longer than some of what is measured here.
- Alternately: each round runs every job once, in an order of its own. A slow minute of the machine
  then slows all of them, and nobody always comes after the same predecessor.
- A pause after each run: the kernel removes network namespaces and cgroups in the background, and
  without it one runtime would pay for the one before. --pause=0 shows what that makes.
- Nothing is pinned to a processor: a runtime may use the second one, as it does in real use.
  `--cpus` pins everything, for figures that scatter less but are worse for those that use threads.
- Copies of what was built are measured, as `install` would make them: the kernel keeps a file that
  was written in one go in larger pieces than what the linker leaves, and maps those faster.
- Medians, since the scatter goes one way only; the minimum beside them says what is possible.
- Containers are in a private --root on a tmpfs, as /run is on real systems, and have names of their
  own. They are deleted even when a measurement fails.
- A runtime that refuses this machine's mixture of cgroup v1 and cgroup2 is tried again in a mount
  namespace without cgroup2, and the table says so. One that fails then too is left out, with the
  reason.
"""

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CGROUP_ROOT = "/sys/fs/cgroup"
TIMEOUT_S = 1800


class Runtime:
    """A runtime's command lines. All known ones share runc's; what differs is in the tables."""

    PEERS = ("runc", "crun", "youki")
    NO_CGROUP = {"kist": ["--cgroup-manager=disabled"], "crun": ["--cgroup-manager=disabled"]}

    def __init__(self, name, path, place, kind=None):
        self.name = name
        self.path = path
        self.place = place
        self.kind = kind or name
        self.root = os.path.join(place.state, name)
        self.container = f"bench-{os.getpid()}-{name}"
        self.prefix = []  # words of `time` before the command
        self.note = ""

    def command(self, verb, *args, cgroup=True):
        options = [] if cgroup else self.NO_CGROUP[self.kind]
        return [self.path, "--root", self.root, *options, verb, *args]

    def run(self, cgroup=True):
        return self.command("run", "--bundle", self.place.bundle, self.container, cgroup=cgroup)

    def create(self, cgroup=True, *options):
        return self.command("create", "--bundle", self.place.bundle, *options, self.container,
                            cgroup=cgroup)

    def verb(self, verb, cgroup=True):
        return self.command(verb, self.container, cgroup=cgroup)

    def has_no_cgroup_mode(self):
        return self.kind in self.NO_CGROUP

    def version(self):
        out = subprocess.run([self.path, "--version"], capture_output=True, text=True).stdout
        return out.splitlines()[0] if out else "?"


class Place:
    """The bundle, and the directory where runtimes keep their containers."""

    def __init__(self, build, directory):
        self.directory = directory
        self.build = os.path.join(build, "tests", "bench")
        self.programs = os.path.join(directory, "bin")
        os.mkdir(self.programs)
        self.bundle = os.path.join(directory, "bundle")
        self.rootfs = os.path.join(self.bundle, "rootfs")
        self.state = self.state_make(directory)
        self.bundle_make()

    @staticmethod
    def state_make(directory):
        for candidate in ("/run", "/dev/shm"):
            kind = subprocess.run(["stat", "-f", "-c", "%T", candidate], capture_output=True,
                                  text=True).stdout.strip()
            if kind == "tmpfs":
                return tempfile.mkdtemp(prefix="kist-bench-", dir=candidate)
        return os.path.join(directory, "state")

    def bundle_make(self):
        for name in ("bin", "dev", "proc", "sys"):
            os.makedirs(os.path.join(self.rootfs, name))
        shutil.copy(self.program("nothing"), os.path.join(self.rootfs, "bin", "true"))
        shutil.copy(os.path.join(HERE, "config.json"), self.bundle)

    def install(self, path, name):
        """Where the copy of a program is."""
        copy = os.path.join(self.programs, name)
        if not os.path.exists(copy):
            shutil.copy(path, copy)
        return copy

    def program(self, name):
        return self.install(os.path.join(self.build, name), name)


class Failure(Exception):
    """A command did not do what it should; the text is for the user."""


class Driver:
    """Runs `time`."""

    def __init__(self, place, rounds, warmup, pause_us):
        self.place = place
        self.rounds = rounds
        self.warmup = warmup
        self.pause_us = pause_us

    def call(self, jobs, rounds, warmup):
        words = [self.place.program("time"), str(rounds), str(warmup), str(self.pause_us)]
        for name, job in jobs.items():
            words += ["+job", name, *job]
        # Not a pipe: a container that waits to be started holds it open.
        with tempfile.TemporaryFile("w+") as errors, \
             subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=errors, text=True, start_new_session=True) as process:
            try:
                out, _ = process.communicate(timeout=TIMEOUT_S)
            except BaseException as failure:
                os.killpg(process.pid, signal.SIGKILL)
                if isinstance(failure, subprocess.TimeoutExpired):
                    raise Failure(f"no end within {TIMEOUT_S} s: {', '.join(jobs)}") from None
                raise
            errors.seek(0)
            text = " | ".join(errors.read().strip().splitlines())
        if process.returncode != 0:
            raise Failure(text or f"status {process.returncode}")
        return out

    def samples(self, jobs):
        """name -> list of (microseconds, KiB), one for each round."""
        return self.read(jobs, self.call(jobs, self.rounds, self.warmup))

    @staticmethod
    def read(jobs, out):
        samples = {name: [] for name in jobs}
        for line in out.splitlines():
            name, ns, kib = line.split("\t")
            samples[name].append((int(ns) / 1000, int(kib)))
        return samples

    def once(self, job):
        """Run a job once, and return its peak memory in KiB."""
        jobs = {"once": job}
        return peak_kib(self.read(jobs, self.call(jobs, 1, 0)))["once"]


def command_exists(path):
    return shutil.which(path) is not None


#
# Which runtimes take part
#


def clean_up(runtime, driver):
    with contextlib.suppress(Failure):
        driver.once([*runtime.prefix, *runtime.verb("delete")[:-1], "--force", runtime.container])
    # A runtime that fails may forget its cgroup, which nobody else has the name of.
    for hierarchy in (CGROUP_ROOT, *(os.path.join(CGROUP_ROOT, name) for name in hierarchy_names())):
        with contextlib.suppress(OSError):
            os.rmdir(os.path.join(hierarchy, runtime.container))


def try_out(runtime, driver):
    """Find the way in which a runtime runs here; raise Failure when there is none."""
    try:
        driver.once(runtime.run())
    except Failure:
        clean_up(runtime, driver)
        if not os.path.ismount(f"{CGROUP_ROOT}/unified"):
            raise
        runtime.prefix = ["+without-cgroup2"]
        driver.once([*runtime.prefix, *runtime.run()])
        runtime.note = "in a mount namespace without cgroup2: it refuses v1 and v2 side by side"


def runtimes_find(options, place, driver):
    candidates = []
    kist = options.kist or os.path.join(options.build, "runtime", "kist")
    if os.access(kist, os.X_OK):
        candidates.append(Runtime("kist", place.install(kist, "kist"), place))
    elif options.kist:
        raise Failure(f"{kist}: not an executable file")
    else:
        print(f"kist: left out: {kist} is not there", file=sys.stderr)
    for extra in options.runtime:
        name, _, path = extra.partition("=")
        if not path:
            raise Failure(f"--runtime {extra}: expected NAME=PATH")
        candidates.append(Runtime(name, place.install(path, name), place,
                                  "kist" if name.startswith("kist") else name))
    for name in Runtime.PEERS:
        if shutil.which(name):
            candidates.append(Runtime(name, shutil.which(name), place))
    found = []
    for runtime in candidates:
        try:
            try_out(runtime, driver)
            found.append(runtime)
        except Failure as failure:
            clean_up(runtime, driver)
            print(f"{runtime.name}: left out: {failure}", file=sys.stderr)
    return found


#
# What is measured
#


def floor(place, *options):
    return [place.program("floor"), *options, place.rootfs]


def jobs_run(place, runtimes, cgroup):
    jobs = {"floor": floor(place, *([] if cgroup else ["--no-cgroup"]))}
    for runtime in runtimes:
        if cgroup or runtime.has_no_cgroup_mode():
            jobs[runtime.name] = [*runtime.prefix, *runtime.run(cgroup)]
    return jobs


def jobs_create(place, runtimes, cgroup):
    jobs = {"floor": floor(place, *([] if cgroup else ["--no-cgroup"]))}
    for runtime in runtimes:
        if cgroup or runtime.has_no_cgroup_mode():
            jobs[runtime.name] = [*runtime.prefix, *runtime.create(cgroup),
                                  "+then", *runtime.verb("start", cgroup), "+reap",
                                  "+then", *runtime.verb("delete", cgroup)]
    return jobs


@contextlib.contextmanager
def created(runtimes, driver):
    """A created container of every runtime; yields the process ids of their inits."""
    inits = {}
    try:
        for runtime in runtimes:
            pid_file = os.path.join(runtime.place.state, runtime.name + ".pid")
            driver.once([*runtime.prefix, *runtime.create(True, "--pid-file", pid_file)])
            with open(pid_file, encoding="ascii") as file:
                inits[runtime.name] = int(file.read())
        yield inits
    finally:
        for runtime in runtimes:
            clean_up(runtime, driver)


def jobs_state(place, runtimes):
    jobs = {"nothing": [place.program("nothing")]}
    for runtime in runtimes:
        jobs[runtime.name] = [*runtime.prefix, *runtime.verb("state")]
    return jobs


def table_time(samples):
    """The first row is what the others are compared with."""
    medians = {name: statistics.median(us for us, _ in rows) for name, rows in samples.items()}
    base = medians[next(iter(medians))]
    return {
        name: {
            "median_us": round(medians[name], 1),
            "min_us": round(min(us for us, _ in rows), 1),
            "ratio": round(medians[name] / base, 2),
        }
        for name, rows in samples.items()
    }


def peak_kib(samples):
    return {name: max(kib for _, kib in rows) for name, rows in samples.items()}


def peak_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s*(\d+)", file.read()).group(1))


def create_peaks(runtimes, driver):
    """What `create` itself takes: nobody has waited for its init, so that is not in the figure."""
    peaks = {}
    for runtime in runtimes:
        peaks[runtime.name] = driver.once([*runtime.prefix, *runtime.create()])
        clean_up(runtime, driver)
    return peaks


def strace_read(path):
    """{"calls", "errors", "clones", "executions"} of `strace -c`."""
    counts = {"calls": 0, "errors": 0, "clones": 0, "executions": 0}
    kinds = {"execve": "executions", "execveat": "executions", "clone": "clones",
             "clone3": "clones", "fork": "clones", "vfork": "clones"}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if len(words) < 5 or not words[3].isdigit():
                continue
            if words[-1] == "total":
                counts["calls"] = int(words[3])
                counts["errors"] = int(words[4]) if len(words) == 6 else 0
            elif words[-1] in kinds:
                counts[kinds[words[-1]]] += int(words[3])
    return counts


def strace_count(driver, job):
    """Count the system calls of a job of one command, with all its processes and threads."""
    path = os.path.join(driver.place.state, "strace")
    prefix = [word for word in job if word.startswith("+")]
    command = [word for word in job if not word.startswith("+")]
    driver.once([*prefix, shutil.which("strace"), "-f", "-c", "-o", path, *command])
    return strace_read(path)


FLOOR_PARTS = ("network", "ipc", "uts", "loopback", "proc", "dev", "pts", "shm", "mqueue", "sysfs",
               "cgroupfs", "nodes", "masked", "readonly", "pivot", "capabilities", "devices")


def measure_where(place, driver):
    """What each part of the floor costs: the median, over the rounds, of what leaving it out saves.
    Since parts disturb and rest on each other, they do not add up."""
    jobs = {"everything": floor(place), "the noise": floor(place),
            "all cgroups": floor(place, "--no-cgroup")}
    for part in (*FLOOR_PARTS, *hierarchy_names()):
        jobs[part] = floor(place, f"--without={part}")
    jobs["all but a process that does nothing"] = [place.program("nothing")]
    samples = driver.samples(jobs)
    whole = [us for us, _ in samples.pop("everything")]
    table = {"everything": {"us": round(statistics.median(whole), 1)}}
    for part, rows in samples.items():
        saved = [all_us - us for all_us, (us, _) in zip(whole, rows)]
        table[part] = {"us": round(statistics.median(saved), 1)}
    return table


def hierarchy_names():
    if cgroup_mode() == "v2":
        return []
    return sorted(name for name in os.listdir(CGROUP_ROOT)
                  if os.path.ismount(os.path.join(CGROUP_ROOT, name)))


#
# Output
#


def cgroup_mode():
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = {(words[1], words[2]) for words in map(str.split, file)}
    if (CGROUP_ROOT, "cgroup2") in mounts:
        return "v2"
    kinds = {kind for _, kind in mounts}
    if "cgroup" not in kinds:
        return "none"
    return "hybrid" if "cgroup2" in kinds else "v1"


def facts(options, runtimes):
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "cgroup": cgroup_mode(),
        "rounds": options.rounds,
        "warmup": options.warmup,
        "pause_us": options.pause,
        "versions": {runtime.name: runtime.version() for runtime in runtimes},
        "notes": {runtime.name: runtime.note for runtime in runtimes if runtime.note},
    }


def print_facts(found):
    print(f"Linux {found['kernel']} {found['machine']}, {found['processors']} processors, load "
          f"{found['load']:.2f}, cgroup {found['cgroup']}; {found['rounds']} rounds after "
          f"{found['warmup']} for warming up, {found['pause_us']} us between two runs.\n")
    for name, version in found["versions"].items():
        note = found["notes"].get(name)
        print(f"- {name}: {version}{f' ({note})' if note else ''}")


def print_table(title, rows, first="runtime"):
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    print(f"\n### {title}\n")
    print("| " + " | ".join([first, *(column.replace("_", " ") for column in columns)]) + " |")
    print("|---|" + "---:|" * len(columns))
    for name, row in rows.items():
        cells = [cell_text(row.get(column)) for column in columns]
        print("| " + " | ".join([name, *cells]) + " |")


def cell_text(value):
    if value is None:
        return "n/a"
    return f"{value:,.2f}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"


def memory_table(samples_run, samples_state, creates, inits):
    state = peak_kib(samples_state)
    table = {}
    for name, run in peak_kib(samples_run).items():
        table[name] = {"run": run, "create": creates.get(name), "state": state.get(name),
                       "waiting init": inits.get(name)}
    table["nothing"] = {"state": state["nothing"]}
    return table


def syscall_table(place, runtimes, driver, verb):
    if verb == "run":
        jobs = jobs_run(place, runtimes, True)
    else:
        jobs = jobs_state(place, runtimes)
    return {name: strace_count(driver, job) for name, job in jobs.items()}


def measure(options, place, driver, results):
    runtimes = runtimes_find(options, place, driver)
    results["facts"] = facts(options, runtimes)
    print_facts(results["facts"])

    def show(key, title, rows):
        results[key] = rows
        print_table(title, rows)
        sys.stdout.flush()

    try:
        samples_run = driver.samples(jobs_run(place, runtimes, True))
        show("run", "run", table_time(samples_run))
        show("run_no_cgroup", "run, without a cgroup",
             table_time(driver.samples(jobs_run(place, runtimes, False))))
        show("create_start_delete", "create + start + delete",
             table_time(driver.samples(jobs_create(place, runtimes, True))))
        show("create_start_delete_no_cgroup", "create + start + delete, without a cgroup",
             table_time(driver.samples(jobs_create(place, runtimes, False))))
        creates = create_peaks(runtimes, driver)
        with created(runtimes, driver) as inits:
            peaks = {name: peak_of(pid) for name, pid in inits.items()}
            samples_state = driver.samples(jobs_state(place, runtimes))
            show("state", "state", table_time(samples_state))
            if command_exists("strace"):
                results["syscalls_state"] = syscall_table(place, runtimes, driver, "state")
        show("memory_kib", "peak resident memory, KiB",
             memory_table(samples_run, samples_state, creates, peaks))
        if command_exists("strace"):
            show("syscalls_run", "system calls of run",
                 syscall_table(place, runtimes, driver, "run"))
            show("syscalls_state", "system calls of state", results["syscalls_state"])
        else:
            print("\nNo system calls are counted: strace is not installed.")
    finally:
        for runtime in runtimes:
            clean_up(runtime, driver)


@contextlib.contextmanager
def workplace(build, rounds, warmup, pause_us):
    """A place to measure in, which goes afterwards, and the driver."""
    with tempfile.TemporaryDirectory(prefix="kist-bench-") as directory:
        place = Place(build, directory)
        try:
            yield place, Driver(place, rounds, warmup, pause_us)
        finally:
            shutil.rmtree(place.state, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(description="compare kist with the floor and with its peers")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"),
                        help="meson's build directory (default: build)")
    parser.add_argument("--kist", help="the executable (default: runtime/kist in the build)")
    parser.add_argument("--runtime", action="append", default=[], metavar="NAME=PATH",
                        help="another runtime with runc's command line, such as an older kist")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--warmup", type=int, default=5, help="rounds that are not counted")
    parser.add_argument("--pause", type=int, default=20000, metavar="MICROSECONDS",
                        help="between two runs")
    parser.add_argument("--quick", action="store_true", help="few rounds: only to see it work")
    parser.add_argument("--where", action="store_true",
                        help="only show what each part of the floor costs")
    parser.add_argument("--cpus", help="pin everything to these processors: 0,1")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.warmup, options.pause = 5, 1, 2000
    return options


def programs_check(place_build):
    for name in ("floor", "nothing", "time"):
        path = os.path.join(place_build, "tests", "bench", name)
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not there: build first, or name the directory with --build")


def main():
    options = arguments()
    if os.geteuid() != 0:
        raise Failure("needs root")
    options.build = os.path.abspath(options.build)
    programs_check(options.build)
    if options.cpus:
        os.sched_setaffinity(0, [int(number) for number in options.cpus.split(",")])
    results = {}
    with workplace(options.build, options.rounds, options.warmup, options.pause) as (place, driver):
        if options.where:
            results["where"] = measure_where(place, driver)
            print_table("what the parts of the floor cost", results["where"], "part")
        else:
            measure(options, place, driver, results)
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
