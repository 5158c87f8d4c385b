"""What the schema of an item type asks of characteristics, made quick for millions of rows.

Most schemas say something about each characteristic by itself: then one content is checked once,
however many rows hold it. Whatever is not surely right here gets the whole check and its words.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from cmdb import schemas
from cmdb.model import TEXT_LIMIT, ItemType

Fits = Callable[[Mapping[str, Any]], bool]

REMEMBERED = 50_000  # contents kept, so that a file of nothing but different ones needs no memory
_SPEAKING = {"title", "description", "$schema"}  # entries that ask for nothing
_BY_ITSELF = {"type", "properties", "required", "additionalProperties", *_SPEAKING}


def all_text(item_type: ItemType) -> bool:
    """Tell whether any text will do for every characteristic of a type, and none is required."""
    schema = item_type.schema
    if set(schema) - {"type", "properties", *_SPEAKING}:
        return False
    return all(one in ({}, {"type": "string"}) for one in schema.get("properties", {}).values())


def typed(cell: str, schema: Any) -> Any:
    """Read a cell as its schema says: whole number, yes or no, list; otherwise as text."""
    wanted = schema.get("type") if isinstance(schema, Mapping) else None
    if wanted in ("integer", "number") and re.fullmatch(r"[+-]?[0-9]{1,18}", cell):
        return int(cell)
    if wanted == "boolean" and cell.lower() in ("true", "yes", "1", "false", "no", "0"):
        return cell.lower() in ("true", "yes", "1")
    if wanted == "array":
        return [one.strip() for one in cell.split(";") if one.strip()]
    return cell


def sure(item_type: ItemType) -> Fits:
    """A check of characteristics that says yes only where the whole schema would say so too."""
    schema = item_type.schema
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    others = schema.get("additionalProperties", True)
    if (
        set(schema) - _BY_ITSELF
        or schema.get("type", "object") != "object"
        or not isinstance(others, bool)
        or not isinstance(properties, Mapping)
        or '"$' in json.dumps(properties)  # a reference needs the schema around it
    ):
        return lambda _facts: False
    checks = {name: _remembering(one) for name, one in properties.items()}

    def fits(facts: Mapping[str, Any]) -> bool:
        return all(name in facts for name in required) and all(
            _plain(content) and (checks[name](content) if name in checks else others)
            for name, content in facts.items()
        )

    return fits


def _plain(content: Any) -> bool:
    """Tell whether content can surely be kept: printable text, a number of usual size, yes or no."""
    if isinstance(content, str):
        return content.isprintable() and len(content) <= TEXT_LIMIT
    if isinstance(content, list):
        return all(isinstance(one, str) and _plain(one) for one in content)
    return isinstance(content, bool) or (isinstance(content, int) and abs(content) < 10**18)


def _remembering(schema: Any) -> Callable[[Any], bool]:
    """The check of one characteristic, made once for each content."""
    if schema in ({}, True):
        return lambda _content: True
    if schema == {"type": "string"}:
        return lambda content: isinstance(content, str)
    whole = schemas.checker(schema)
    seen: dict[tuple[type, str], bool] = {}

    def right(content: Any) -> bool:
        key = type(content), str(content)
        found = seen.get(key)
        if found is None:
            if len(seen) > REMEMBERED:
                seen.clear()
            found = seen[key] = whole.is_valid(content)
        return found

    return right
