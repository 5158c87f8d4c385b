"""What is wrong with a text: the words values are checked with.

Apart from `cmdb.model` because commands that only look something up need these and none of the
values. Standard library only.
"""

import re
import unicodedata
from collections.abc import Iterable

from cmdb.errors import Invalid

# At most 40 colons: each takes three bytes in the name of a file, and a name has at most 255.
ID_PATTERN = r"(?!(?:[^:\n]*:){41})[a-z0-9][a-z0-9._:+@-]{0,127}"
ID_RULE = "small letters, digits and . _ : + @ -, starting with a letter or digit, at most 128 (40 colons)"
FIRST_YEAR, LAST_YEAR = 1970, 2999  # no plan or measurement lies outside
NAME_LIMIT = 200
TEXT_LIMIT = 65_536

ITEM_STATUSES = ("planned", "in service", "retired")
LEVELS = ("draft", "controlled", "baselined")
STRENGTHS = ("hard", "soft")
CUSTODIES = (
    "customer's, managed by us",
    "ours, used by the customer",
    "ours, used to deliver",
    "supplier's, used to deliver",
)
PARTY_KINDS = ("customer", "end users", "supplier", "internal group")
OPERATING_STATES = ("up", "maintenance", "down")

_ID = re.compile(ID_PATTERN)


def check(what: str, problems: Iterable[str]) -> None:
    """Raise Invalid with every problem at once, or return when there is none."""
    found = tuple(problems)
    if found:
        raise Invalid(f"{what} is not valid.", "Correct what is listed and try again.", found)


def id_problems(label: str, text: str) -> list[str]:
    """Say what is wrong with an identifier: an empty list when nothing is."""
    if _ID.fullmatch(text):
        return []
    return [f"{label} '{shown(text)}' is no id: use {ID_RULE}."]


def name_problems(label: str, text: str, *, required: bool = True) -> list[str]:
    """Say what is wrong with one line of text a person reads."""
    problems = []
    if required and not text.strip():
        problems.append(f"{label} is empty.")
    if len(text) > NAME_LIMIT:
        problems.append(f"{label} has {len(text):,} characters; at most {NAME_LIMIT} fit.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        problems.append(f"{label} '{shown(text)}' holds a line break or control character.")
    return problems


def text_problems(label: str, text: str) -> list[str]:
    """Say what is wrong with a longer text, which may have lines and tabs."""
    problems = []
    if len(text) > TEXT_LIMIT:
        problems.append(f"{label} has {len(text):,} characters; at most {TEXT_LIMIT:,} fit.")
    if any(letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        problems.append(f"{label} holds a control character.")
    return problems


def choice_problems(label: str, text: str, allowed: tuple[str, ...]) -> list[str]:
    """Say that a word is not one of those allowed."""
    if text in allowed:
        return []
    return [f"{label} '{shown(text)}' is not one of: {'; '.join(allowed)}."]


def shown(text: str, limit: int = 60) -> str:
    """Give text as it may stand inside a message: one line, no control characters, not endless."""
    clean = "".join(
        letter if unicodedata.category(letter) not in ("Cc", "Cs", "Cf") else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
