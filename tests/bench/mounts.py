#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a bind mount costs: containers with none, 10, 100 and 1000 of them, in kist and its peers.

Measures as bench.py does, with its bundle and its driver, all runtimes and all numbers of mounts
alternately. Prints Markdown tables and, as the last line, everything in them as JSON. No time makes
it fail. README.md says how to read the tables.

Each mount is a directory of the host on a directory of the image, which is there already. There are
descriptors enough, as below an engine: a runtime may need one for each mount.
"""

import argparse
import copy
import json
import os
import resource
import statistics
import sys

import bench

COUNTS = (0, 10, 100, 1000)


def config_with(config, place, count):
    config = copy.deepcopy(config)
    for number in range(count):
        config["mounts"].append({
            "destination": f"/mounts/{number}", "type": "bind",
            "source": os.path.join(place.sources, str(number)), "options": ["rbind"],
        })
    return config


def bundles_make(place):
    """One for each number of mounts, all with the one root filesystem. Return: count -> bundle"""
    place.sources = os.path.join(os.path.dirname(place.bundle), "sources")
    for number in range(max(COUNTS)):
        os.makedirs(os.path.join(place.rootfs, "mounts", str(number)))
        os.makedirs(os.path.join(place.sources, str(number)))
    with open(os.path.join(place.bundle, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    config["root"]["path"] = place.rootfs
    bundles = {}
    for count in COUNTS:
        bundles[count] = f"{place.bundle}-{count}"
        os.mkdir(bundles[count])
        with open(os.path.join(bundles[count], "config.json"), "w", encoding="utf-8") as file:
            json.dump(config_with(config, place, count), file)
    return bundles


def jobs_make(runtimes, bundles):
    return {
        f"{runtime.name} {count}": [*runtime.prefix, *runtime.command(
            "run", "--bundle", bundle, runtime.container)]
        for runtime in runtimes for count, bundle in bundles.items()
    }


def median_us(samples, name, count):
    return statistics.median(us for us, _ in samples[f"{name} {count}"])


def table_whole(samples, names):
    return {name: {f"{count} mounts, us": round(median_us(samples, name, count), 1)
                   for count in COUNTS} for name in names}


def table_each(samples, names):
    """Microseconds for one mount, beyond what the container without any takes. Linear is what has
    the same figure in every column: the last one compares the last two."""
    table = {}
    for name in names:
        base = median_us(samples, name, 0)
        each = {count: (median_us(samples, name, count) - base) / count for count in COUNTS[1:]}
        row = {f"each of {count}, us": round(us, 2) for count, us in each.items()}
        large, small = COUNTS[-1], COUNTS[-2]
        row[f"{large} to {small}"] = round(each[large] / each[small], 2)
        table[name] = row
    return table


def table_ratios(samples, names):
    """How much longer each takes per mount than the first."""
    each = table_each(samples, names)
    first = each[names[0]]
    columns = [f"each of {count}, us" for count in COUNTS[1:]]
    return {name: {column.removesuffix(", us"): round(row[column] / first[column], 2)
                   for column in columns} for name, row in each.items()}


def measure(options, place, driver, results):
    runtimes = bench.runtimes_find(options, place, driver)
    if not runtimes:
        raise bench.Failure("no runtime is there to be measured")
    results["facts"] = bench.facts(options, runtimes)
    bench.print_facts(results["facts"])
    bundles = bundles_make(place)
    names = [runtime.name for runtime in runtimes]
    try:
        samples = driver.samples(jobs_make(runtimes, bundles))
    finally:
        for runtime in runtimes:
            bench.clean_up(runtime, driver)
    for key, title, table in (
            ("run", "run, median", table_whole), ("each", "cost of one mount", table_each),
            ("ratio", f"cost of one mount, {names[0]} = 1", table_ratios)):
        results[key] = table(samples, names)
        bench.print_table(title, results[key])


def arguments():
    parser = argparse.ArgumentParser(description="what a bind mount costs, in kist and its peers")
    parser.add_argument("--build", default=os.path.join(bench.HERE, "..", "..", "build"),
                        help="meson's build directory (default: build)")
    parser.add_argument("--kist", help="the executable (default: runtime/kist in the build)")
    parser.add_argument("--runtime", action="append", default=[], metavar="NAME=PATH",
                        help="another runtime with runc's command line, such as an older kist")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--warmup", type=int, default=2, help="rounds that are not counted")
    parser.add_argument("--pause", type=int, default=20000, metavar="MICROSECONDS",
                        help="between two runs")
    parser.add_argument("--quick", action="store_true", help="few rounds: only to see it work")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.warmup, options.pause = 3, 0, 2000
    return options


def main():
    options = arguments()
    if os.geteuid() != 0:
        raise bench.Failure("needs root")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    options.build = os.path.abspath(options.build)
    bench.programs_check(options.build)
    results = {}
    with bench.workplace(options.build, options.rounds, options.warmup,
                         options.pause) as (place, driver):
        measure(options, place, driver, results)
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    try:
        main()
    except bench.Failure as failure:
        sys.exit(f"mounts: {failure}")
