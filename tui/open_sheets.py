"""The open fields of a change request as lines of a form, and what is typed there read into content.

A characteristic is held to the schema of its item's type, any other field to the kind of content its
record keeps there. The same reading serves the dialog and `cmdb check-in --set`.
"""

import types as builtin
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from typing import Any, get_args, get_origin, get_type_hints

from baselines.open_fields import Opened, OpenField, Place
from ccb import controlled
from cmdb import types
from cmdb.errors import Invalid, NotFound
from cmdb.model import Item, ItemType
from cmdb.store import UnitOfWork
from cmdb.written import plainly
from tui.check_in_plans import OpenLine
from tui.item_sheets import content_of, item_blanks, text_of
from tui.item_source import Blank, Typed
from tui.present import clean
from tui.typed import refuse_lines

NEEDED = "required"  # a check-in takes no open field that is empty
_SET = "set:"
_REFERS = {  # whose ids are offered while a field is typed that holds one
    "owner": "person", "lead": "person", "chair": "person", "manager": "person", "customer": "party",
    "provider": "party", "party": "party", "group": "group", "type": "type",
}  # fmt: skip


def lines(uow: UnitOfWork, opened: Opened) -> tuple[OpenLine, ...]:
    """Every open field as a line, with what the working directory has in it now."""
    return tuple(
        OpenLine(
            record=f"{one.key[0]} {one.key[1]}",
            blank=_blank(uow, opened, one),
            was=clean(_text(one.was)),
            spelled=one.spelled,
            file=one.file,
        )
        for one in opened.fields
    )


def name_of(one: OpenField) -> str:
    """The name of a field's line: no two are the same."""
    return f"{one.key[0]} {one.key[1]}/{one.flat}"


def contents(uow: UnitOfWork, opened: Opened, typed: Typed) -> dict[Place, Any]:
    """What is typed into the lines, as content of the fields; a line as it stood keeps its content."""
    found: dict[Place, Any] = {}
    for one in opened.fields:
        text = typed.get(name_of(one))
        if text is not None and text.strip() != shown(one):
            found[one.place] = read(uow, opened, one, text)
    return found


def given(uow: UnitOfWork, opened: Opened, pairs: Iterable[str]) -> dict[Place, Any]:
    """Read `sw-11.serial=Z9` pairs. Raises Invalid, NotFound for what is not open."""
    found: dict[Place, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise Invalid(f"'{pair}' is not FIELD=CONTENT.", "Write it like sw-11.serial=Z9.")
        one = opened.named(name.strip())
        if one.place in found:
            raise Invalid(f"{one.spelled} is set twice.", "Say it once.")
        if one.flat.startswith("characteristics."):
            refuse_lines(one.spelled, text.strip())
        found[one.place] = read(uow, opened, one, text)
    return found


def read(uow: UnitOfWork, opened: Opened, one: OpenField, text: str) -> Any:
    """Read what is typed for a field; empty is None. What does not fit stays text: the rules say why."""
    text = text.strip()
    return content_of(text, _rule(uow, opened, one)) if text else None


def shown(one: OpenField) -> str:
    """What the working directory has for a field, as it stands in its line."""
    return clean(_text(one.now)).strip()


def _text(content: Any) -> str:
    return "" if content is None else text_of(plainly(content))


def _blank(uow: UnitOfWork, opened: Opened, one: OpenField) -> Blank:
    value = shown(one)
    own = one.flat.removeprefix("characteristics.")
    made = Blank(own, own, value, completes=_REFERS.get(own, ""), says=_says(own))
    if one.key[0] == "item":
        fields = opened.after[one.key]
        kind = _type(uow, fields)
        wanted = own if own == one.flat else _SET + own
        every = {blank.name: blank for blank in item_blanks(_stand_in(fields, kind), kind)}
        made = every.get(wanted, made)
    elif _rule(uow, opened, one).get("type") == "array":
        made = made._replace(hint="several are separated by ;")
    return made._replace(name=name_of(one), value=value, need=NEEDED)


def _says(name: str) -> tuple[str, ...]:
    """Beginnings of the rules' sentences about a field of a record that is no item."""
    return (
        f"The {name}",
        f"the field '{name}'",
        f"{name}: ",
        f"{name}.",
        f"there is no {_REFERS.get(name)} ",
    )


def _stand_in(fields: Mapping[str, Any], kind: ItemType | None) -> Item:
    """An item to make lines of, whatever else of the record is still open."""
    facts = fields.get("characteristics", {})
    return Item(id="x", type=kind.id if kind else "x", name="x", owner="x", characteristics=dict(facts))


def _type(uow: UnitOfWork, fields: Mapping[str, Any]) -> ItemType | None:
    try:
        return types.effective(uow, str(fields.get("type", "")))
    except NotFound:
        return None


def _rule(uow: UnitOfWork, opened: Opened, one: OpenField) -> Mapping[str, Any]:
    """The schema of a characteristic; for a field of a record itself one that says what it holds."""
    kind, head = one.key[0], one.flat
    if kind == "item" and head.startswith("characteristics."):
        found = _type(uow, opened.after[one.key])
        rule = found.schema.get("properties", {}).get(one.name, {}) if found else {}
        return rule if isinstance(rule, Mapping) else {}
    value = controlled.KINDS[kind].value
    if head not in {each.name for each in fields_of(value)}:
        return {}
    said = get_type_hints(value)[head]
    if said is str or (isinstance(said, builtin.UnionType) and str in get_args(said)):
        return {"type": "string"}
    if get_origin(said) is tuple and get_args(said)[0] is str:
        return {"type": "array"}
    return {}
