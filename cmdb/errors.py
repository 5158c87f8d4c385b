"""Refusals and faults, as facts about the domain.

    CmdbError
    ├── Invalid    fix your input
    ├── NotFound   there is no such thing
    ├── Refused    ask someone, or wait
    └── Corrupt    stop, call an expert

Exit codes and colours belong to the front ends, which map each category once.
"""

from collections.abc import Sequence


class CmdbError(Exception):
    """Something a person has to know: why, and what to do about it.

    `reason` is one sentence, `remedy` says what lifts it, `problems` lists every single problem
    when there is more than one, in the order they were found.
    """

    def __init__(self, reason: str, remedy: str, problems: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return " ".join([self.reason, *self.problems, self.remedy])


class Invalid(CmdbError):
    """The input is wrong: fix it and try again."""


class NotFound(CmdbError):
    """Nothing with that id exists here."""


class Refused(CmdbError):
    """A rule, another person or another process says no for now."""


class Corrupt(CmdbError):
    """No crash can cause this: stop and call an expert. Nothing repairs it silently."""
