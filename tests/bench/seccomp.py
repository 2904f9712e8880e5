#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a seccomp profile costs: to compile, in `run`, and in each system call.

Side by side with libseccomp, which most runtimes let compile it, and with the runtimes that are
installed. Prints Markdown tables and, as the last line, everything as JSON; like bench.py it never
passes or fails by a time. README.md says how to read the tables.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

import bench

CONFIGS = os.path.join(bench.HERE, "..", "integration", "configs")


def microseconds(values_ns):
    return {"median_us": round(statistics.median(values_ns) / 1000, 1),
            "min_us": round(min(values_ns) / 1000, 1)}


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=bench.TIMEOUT_S)
    if done.returncode != 0:
        raise bench.Failure(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def columns_of(text):
    """name -> the numbers in its lines, in order."""
    found = {}
    for line in text.splitlines():
        name, *numbers = line.split("\t")
        found.setdefault(name, []).extend(float(number) for number in numbers)
    return found


def measure_compile(place, config, rounds):
    found = columns_of(output_of([place.program("seccomp"), "compile", config, str(rounds)]))
    kist, libseccomp = found["instructions"]
    table = {
        "kist": {**microseconds(found["kist"]), "instructions": int(kist)},
        "libseccomp": {**microseconds(found["libseccomp"]), "instructions": int(libseccomp)},
    }
    for part in ("resolve", "compile", "check"):
        table[f"kist: {part}"] = microseconds(found[part])
    return table


def bundle_with(place, name, profile, args):
    """A bundle of its own beside the common one, with the same root filesystem."""
    with open(os.path.join(place.bundle, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    config["root"]["path"] = place.rootfs
    config["process"]["args"] = args
    config["linux"]["seccomp"] = profile
    if profile is None:
        del config["linux"]["seccomp"]
    directory = os.path.join(os.path.dirname(place.bundle), name)
    os.mkdir(directory)
    with open(os.path.join(directory, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    return directory


def run_of(runtime, directory):
    return [*runtime.prefix, *runtime.command("run", "--bundle", directory, runtime.container)]


def measure_run(place, driver, runtimes, profile):
    bundles = {"without": bundle_with(place, "without", None, ["/bin/true"]),
               "with": bundle_with(place, "with", profile, ["/bin/true"])}
    jobs = {f"{runtime.name} {which} profile": run_of(runtime, directory)
            for runtime in runtimes for which, directory in bundles.items()}
    samples = driver.samples(jobs)
    return {name: microseconds([us * 1000 for us, _ in rows]) for name, rows in samples.items()}


def measure_calls(place, runtimes, config, profile, rounds):
    calls = shutil.copy(place.program("calls"), os.path.join(place.rootfs, "bin", "calls"))
    bundle = bundle_with(place, "calls", profile, ["/bin/calls", str(rounds)])
    seccomp = place.program("seccomp")
    commands = {
        "no filter": [calls, str(rounds)],
        "kist's program": [seccomp, "under", "kist", config, calls, str(rounds)],
        "libseccomp's, as a tree": [seccomp, "under", "libseccomp", config, calls, str(rounds)],
    }
    for runtime in runtimes:
        if not runtime.prefix:  # words for `time`
            commands[f"in a container of {runtime.name}"] = run_of(runtime, bundle)
    return {name: {f"{call}_ns": round(statistics.median(numbers), 1)
                   for call, numbers in columns_of(output_of(command)).items()}
            for name, command in commands.items()}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(bench.HERE, "..", "..", "build"))
    parser.add_argument("--kist", help="the executable (default: runtime/kist in the build)")
    parser.add_argument("--runtime", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--config", default=os.path.join(CONFIGS, "docker-28-bridge.json"),
                        help="a config.json whose profile is measured")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--pause", type=int, default=20000, metavar="MICROSECONDS")
    parser.add_argument("--quick", action="store_true", help="few rounds: only to see it work")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.pause = 3, 0
    return options


def reduce_config(path, directory):
    """Only the profile: not every property of an engine's configuration is needed, or known."""
    with open(path, encoding="utf-8") as file:
        profile = json.load(file).get("linux", {}).get("seccomp")
    if profile is None:
        raise bench.Failure(f"{path} has no profile")
    reduced = os.path.join(directory, "profile.json")
    with open(reduced, "w", encoding="utf-8") as file:
        json.dump({"ociVersion": "1.0.2", "root": {"path": "/"}, "linux": {"seccomp": profile}},
                  file)
    return profile, reduced


def measure(options, place, driver):
    profile, config = reduce_config(options.config, place.directory)
    runtimes = bench.runtimes_find(options, place, driver)
    return {
        "compile": measure_compile(place, config, options.rounds),
        "run": measure_run(place, driver, runtimes, profile),
        "calls": measure_calls(place, runtimes, config, profile, min(options.rounds, 20)),
    }


def main():
    options = arguments()
    if os.geteuid() != 0:
        raise bench.Failure("needs root")
    with bench.workplace(os.path.abspath(options.build), options.rounds, 1,
                         options.pause) as (place, driver):
        results = measure(options, place, driver)
    print(f"{os.path.basename(options.config)}, {options.rounds} rounds, load "
          f"{os.getloadavg()[0]:.2f}")
    bench.print_table("compile the profile", results["compile"], "by")
    bench.print_table("run with and without it", results["run"])
    bench.print_table("one system call", results["calls"], "under")
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    try:
        main()
    except bench.Failure as failure:
        sys.exit(f"seccomp: {failure}")
