"""A filter line over items, as it is typed in the app and behind `cmdb item list`."""

import shlex
from typing import Any

from cmdb.checks import ITEM_STATUSES, LEVELS
from cmdb.reading import Filter
from tui.item_columns import WORD

TROUBLED = ("down", "maintenance")


def filter_of(words: str) -> Filter:
    """Read a filter line: `owner:k.chen type:server !retired is:service core switch`.

    Words without a colon are looked for in id and name; a status may be written with a hyphen.
    """
    fields: dict[str, Any] = {}
    text: list[str] = []
    for word in words.split():
        name, colon, value = word.partition(":")
        if word.startswith("!") and word[1:].replace("-", " ") in ITEM_STATUSES:
            fields["not_status"] = word[1:].replace("-", " ")
        elif colon and name in ("owner", "group", "type", "party", "operating") and value:
            fields[name] = value
        elif colon and name == "status" and value:
            fields["status"] = value.replace("-", " ")
        elif colon and name == "level" and value in LEVELS:
            fields["level"] = value
        elif word == "is:service":
            fields["service"] = True
        elif word.startswith(WORD):
            continue  # what is shown of the items, not which
        else:
            text.append(word)
    return Filter(text=" ".join(text), **fields)


def listing(words: str, *, trouble: bool = False) -> str:
    """The command line that lists what a filter line shows; two of them for what is not up."""
    line = shlex.join(("cmdb", "item", "list", *words.split()))
    return " && ".join(f"{line} --operating {one}" for one in TROUBLED) if trouble else line
