# SPDX-License-Identifier: LGPL-2.1-or-later
"""A container that waits, and what another process in it sees."""

from .report import Report


def start(kist, bundle):
    container = kist.start(bundle.probe("wait"))
    container.wait_for_output("ready")
    return container


def execute(container, *args, **options):
    return container.kist("exec", *args[:-1], container.id, *args[-1], **options)


def executes(container, *args, **options):
    """A program that ends well, and says nothing on stderr."""
    result = execute(container, *args, **options)
    assert result.code == 0 and result.err == "", result
    return result


def report(container, *flags, paths=(), **options):
    return Report(executes(container, *flags, ["/probe", "report", *paths], **options).json)
