"""What is wrong with how a board's members and alternates are written in its record. Pure."""

from collections.abc import Mapping
from typing import Any

from cmdb.checks import shown
from cmdb.errors import Invalid


def refuse_seats(fields: Mapping[str, Any]) -> None:
    """Raise Invalid naming every member and alternate that lacks something, and what."""
    lacking = []
    for name, needed in (("members", ("person", "group")), ("alternates", ("person", "member", "start"))):
        listed = fields.get(name, ())
        for place, one in enumerate(listed if isinstance(listed, list | tuple) else (), start=1):
            without = [key for key in needed if not isinstance(one, Mapping) or not one.get(key)]
            if without:
                who = (
                    f" ({shown(str(one['person']))})"
                    if isinstance(one, Mapping) and one.get("person")
                    else ""
                )
                lacking.append(f"Number {place} of its {name}{who} lacks {' and '.join(without)}.")
    if lacking:
        raise Invalid(
            f"The {'members' if 'members' in lacking[0] else 'alternates'} of a board are not whole.",
            "Write members as {person: ID, group: ID}, the group each of them speaks for, and alternates as"
            " {person: ID, member: ID, start: TIME, end: TIME}.",
            tuple(lacking),
        )
