"""A standard service as people write it: a YAML file, read with every problem named at once.

Its levels are written like the commitments of an agreement (`cmdb.exchange.agreement_file`), without the
service: a level is about the standard service itself. Unknown keys are refused.
"""

from collections.abc import Mapping
from typing import Any

from cmdb.errors import Invalid
from cmdb.exchange.agreement_file import Reader, loaded
from cmdb.offers import StandardService

_TEXTS = ("id", "name", "text", "staff", "owner")
_REQUIRED = ("id", "name", "owner", "text")
_NEUTRAL = dict.fromkeys(("id", "name", "owner"), "x")


def read(text: str, name: str = "the file") -> StandardService:
    """Read a standard service. Raises Invalid with every problem, each with the path of its field."""
    reader = Reader()
    found = _service(reader, loaded(text, name))
    if reader.problems or found is None:
        raise Invalid(
            f"{name} is no valid standard service.", "Correct what is listed and try again.", reader.problems
        )
    return found


def _service(reader: Reader, content: Any) -> StandardService | None:
    fields = reader.mapping("", content, (*_TEXTS, "offered", "levels"), _REQUIRED)
    if fields is None:
        return None
    given: dict[str, Any] = {name: reader.text(name, fields[name]) for name in _TEXTS if name in fields}
    if "offered" in fields:
        given["offered"] = reader.yes("offered", fields["offered"])
    own = given.get("id", "")
    for at, one in enumerate(levels := reader.listing("levels", fields.get("levels", []))):
        if isinstance(one, Mapping) and "service" in one:
            reader.problems.append(f"levels[{at}].service: a level is about {own} itself; leave it out.")
    meant = [{**one, "service": own} if isinstance(one, Mapping) else one for one in levels]
    given["levels"] = tuple(reader.commitment(f"levels[{at}]", one) for at, one in enumerate(meant))
    if reader.wrong("id") or reader.wrong("levels"):
        given["levels"] = ()
    return reader.valued("", StandardService, given, _NEUTRAL)
