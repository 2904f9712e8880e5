# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is built and installed beside the executable: the library, for those who embed it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
HEADER = SOURCE / "libcontainer" / "container.h"


def run(*command, **options):
    result = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, **options
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def needed(program):
    """The libraries that a program asks the dynamic linker for."""
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", program)))


def build(directory, prefix, *options):
    run("meson", "setup", directory, SOURCE, f"--prefix={prefix}", "--libdir=lib",
        "-Dtests=false", *options)
    run("ninja", "-C", directory)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    base = tmp_path_factory.mktemp("embed")
    build(base / "build", base / "prefix")
    run("meson", "install", "-C", base / "build", "--no-rebuild")
    return base / "prefix"


def compile_embedder(prefix, program, *options):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    static = ["--static"] if "-static" in options else []
    flags = run("pkg-config", *static, "--cflags", "--libs", "libcontainer", env=environment)
    run("cc", "-D_GNU_SOURCE", *options, "-o", program, HERE / "embed.c", *flags.split())


def run_embedded(program, tmp_path, environment):
    """Run a container with it, and see that nothing is left."""
    root = tmp_path / "root"
    name = f"embed-{os.getpid()}"
    result = subprocess.run(
        [program, root, name, "/bin/sh", "-c", "echo $$; exit 7"],
        capture_output=True, text=True, env=environment,
    )
    assert (result.returncode, result.stdout, result.stderr) == (7, "1\n", "")
    assert os.listdir(root) == []


def test_shared_library(installed, tmp_path):
    program = tmp_path / "embed"
    environment = dict(os.environ, LD_LIBRARY_PATH=str(installed / "lib"))
    compile_embedder(installed, program)
    assert "libcontainer.so.0" in needed(program)
    assert run(program, env=environment).startswith("kist version ")
    run_embedded(program, tmp_path, environment)


def test_static_library(installed, tmp_path):
    program = tmp_path / "embed"
    compile_embedder(installed, program, "-static")
    assert needed(program) == set()
    run_embedded(program, tmp_path, os.environ)


def test_the_header_is_all_that_is_exported(installed):
    symbols = run("nm", "-D", "--defined-only", installed / "lib" / "libcontainer.so")
    exported = {line.split()[-1] for line in symbols.splitlines()}
    declared = set(re.findall(r"\b(container_\w+)\(", re.sub(r"/\*.*?\*/", "", HEADER.read_text(),
                                                             flags=re.S)))
    assert exported == declared


def test_the_header_stands_alone_in_c_and_in_cpp(tmp_path):
    for language in "c", "c++":
        run("cc", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "-x", language, HEADER)


def test_the_executable_uses_the_public_header_alone():
    for source in (SOURCE / "runtime").glob("*.[ch]"):
        for header in re.findall(r'#include "libcontainer/(.*)"', source.read_text()):
            assert header == "container.h", source


def test_prefer_static_needs_only_libc(tmp_path):
    build(tmp_path / "build", tmp_path / "prefix", "-Dprefer_static=true")
    libraries = needed(tmp_path / "build" / "runtime" / "kist")
    assert libraries and all(re.match(r"(libc|ld-linux.*)\.so\.", name) for name in libraries)
