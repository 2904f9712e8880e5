# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages say what the tables say, no more and no less."""

import re
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
DOCS = SOURCE / "docs"
PAGES = sorted(DOCS.glob("*.[1-8]"))


def commands(kist):
    """From the help: of each command its name, and "" for kist itself."""
    text = kist.ok("--help").out
    return ["", *re.findall(r"^  (\w+)", text.split("commands:")[1].split("\n\n")[0], re.M)]


def helped_options(kist, command):
    """{(letter or "", name, argument or "")}"""
    text = kist.ok(*command.split(), "--help").out.split("\noptions:\n")[1]
    return set(re.findall(r"^  (?:-(\w), |    )--([\w-]+)(?: (\S+))?  ", text, re.M))


def documented_options(page):
    pattern = r"^\.It Fl (?:(\w) , Fl )?-([\w-]+)(?: Ar (\S+))?$"
    return re.findall(pattern, page.read_text(), re.M)


def page_of(command):
    return DOCS / (f"kist-{command}.1" if command else "kist.1")


def test_every_command_has_a_page(kist):
    expected = {page_of(command) for command in commands(kist)} | {DOCS / "kist-bundle.5"}
    assert set(PAGES) == expected


def test_every_option_is_in_its_page_and_no_other(kist):
    for command in commands(kist):
        documented = documented_options(page_of(command))
        assert sorted(documented) == sorted(helped_options(kist, command)), command
        assert len(re.findall(r"^\.It Fl", page_of(command).read_text(), re.M)) == len(documented)


def test_kist_1_names_every_command(kist):
    text = page_of("").read_text()
    described = re.findall(r"^\.It Xr kist-(\w+) 1$", text, re.M)
    assert described == commands(kist)[1:]


def test_every_page_is_installed():
    build = (DOCS / "meson.build").read_text()
    for page in PAGES:
        name = page.name.removeprefix("kist-").removesuffix(".1")
        assert f"'{name}'" in build or f"'{page.name}'" in build, page


def test_what_is_refused():
    """kist-bundle(5) lists the rows that the reader refuses."""
    rows = (SOURCE / "spec/config.c").read_text()
    refused = re.findall(r"^\t\w+\(struct \w+, (\w+),.*\bUNSUPPORTED\b", rows, re.M)
    page = (DOCS / "kist-bundle.5").read_text().split(".Ss ")[1]
    listed = [name.split(".")[-1] for name in re.findall(r"^\.It\n\.Va (\S+)$", page, re.M)]
    assert sorted(listed) == sorted(refused)


def test_references_are_to_pages_that_are_there():
    for page in PAGES:
        for name, section in re.findall(r"\bXr (kist\S*) (\d)", page.read_text()):
            assert (DOCS / f"{name}.{section}").exists(), (page, name)


CHECKS = [
    ["mandoc", "-Tlint", "-Wwarning"],
    ["groff", "-ww", "-mdoc", "-Tutf8", "-z"],
    ["man", "--warnings=all", "-P", "cat", "-l"],
]


@pytest.mark.parametrize("command", CHECKS, ids=lambda command: command[0])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_to_warn_of(page, command):
    result = subprocess.run([*command, page], capture_output=True, text=True, errors="replace")
    assert result.returncode == 0 and result.stderr == "", result.stderr
    if command[0] == "mandoc":
        assert result.stdout == ""
