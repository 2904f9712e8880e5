# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the scheduler decides: counted, repeated until it was as a test needs it, and reported."""

import collections
import time

import pytest


class Luck(collections.Counter):
    """How often each outcome of a race was seen.

    None of them can be had for sure, and the machine may be busy with something else: a test goes
    through as many rounds as it takes to see those that it is about.
    """

    wanted, least = (), 1

    def rounds(self, fewest, *wanted, least=1, most=None, seconds=0):
        """Count rounds, until there were enough of them and of each outcome that is wanted.

        fewest, seconds: rounds that there are in any case, and how long they go on
        most: rounds after which it is enough; ten times as many by default
        """
        self.wanted, self.least = wanted, least
        end = time.monotonic() + seconds
        for number in range(most or 10 * fewest):
            if number >= fewest and not self.missing() and time.monotonic() >= end:
                return
            yield number

    def missing(self):
        return [outcome for outcome in self.wanted if self[outcome] < self.least]

    def held(self):
        """What the rounds were for has happened, or the test has no answer."""
        if self.missing():
            pytest.skip(f"it has not come to {self.missing()}: {dict(self)}")

    def text(self):
        return ", ".join(f"{count} {outcome}" for outcome, count in self.most_common())
