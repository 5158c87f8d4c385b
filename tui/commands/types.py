"""Item types and kinds of dependency: listing, showing, adding. No code is needed for new ones."""

import json
from pathlib import Path
from typing import Any

import click

from cmdb import files, types
from cmdb.errors import Invalid
from cmdb.model import DependencyKind, DependencyRule, ItemType
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work

_TEXTS = ("id", "name", "parent")
_LISTS = ("recommended", "unique", "serves")


@command
def list_(invocation: Invocation) -> None:
    """List item types."""
    with at_work(invocation) as here, here.store.read() as uow:
        counts = dict(uow.rows("SELECT type, COUNT(*) FROM item GROUP BY type"))
        found = uow.all(ItemType)
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "items": counts.get(one.id, 0)} for one in found)
        return
    printing.table(
        ("id", "name", "parent", "service", "items", "level"),
        ((one.id, one.name, one.parent, one.service, counts.get(one.id, 0), one.level) for one in found),
        empty="There are no types.",
        right=("items",),
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show an item type with what it inherits from its parents."""
    with at_work(invocation) as here, here.store.read() as uow:
        whole = types.effective(uow, id_)
    if invocation.wants_json:
        printing.as_json(whole)
        return
    rules = "\n".join(
        f"{one.kind}: at least {one.minimum}" + (f", at most {one.maximum}" if one.maximum else "")
        for one in whole.kinds
    )
    printing.facts(
        [
            ("id", whole.id),
            ("name", whole.name),
            ("parent", whole.parent),
            ("service", whole.service),
            ("serves when", whole.serves),
            ("recommended", whole.recommended),
            ("unique", whole.unique),
            ("dependencies", rules or "any kind"),
            ("level", whole.level),
            ("characteristics", json.dumps(dict(whole.schema), indent=2, ensure_ascii=False)),
        ]
    )


@command
@click.argument("file", type=click.Path(path_type=Path))
def register(invocation: Invocation, file: Path) -> None:
    """Add an item type described in the JSON FILE.

    Its fields: id, name, parent, schema (JSON Schema of characteristics), recommended, unique,
    serves, service, kinds (a list of {kind, minimum, maximum}).
    """
    item_type = _read(file)
    with at_work(invocation) as here:
        types.register(here.store, item_type, actor=here.actor, at=here.at)
    _said(invocation, item_type, f"The type {item_type.id} is added.")


@command
def kinds(invocation: Invocation) -> None:
    """List the kinds of dependency."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.all(DependencyKind)
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("kind", "impact", "level"), ((one.id, one.impact, one.level) for one in found), empty="None."
    )


@command
@click.argument("id_", metavar="KIND")
@click.option("--no-impact", is_flag=True, help="It only documents; nothing fails by it.")
def kind(invocation: Invocation, id_: str, no_impact: bool) -> None:
    """Add a kind of dependency, in words: who KIND whom, such as 'runs on'."""
    wanted = DependencyKind(id=id_, impact=not no_impact)
    with at_work(invocation) as here:
        types.add_kind(here.store, wanted, actor=here.actor, at=here.at)
    _said(invocation, wanted, f"The kind '{id_}' is added.")


def _read(file: Path) -> ItemType:
    try:
        given = json.loads(files.text(files.read(file), file.name))
    except (ValueError, RecursionError) as broken:
        raise Invalid(f"{file} cannot be read: {broken}.", "Write it as JSON in UTF-8.") from broken
    problems = _problems(given)
    if problems:
        raise Invalid(f"{file.name} describes no item type.", "Correct what is listed.", problems)
    return ItemType(
        id=given["id"],
        name=given["name"],
        parent=given.get("parent", ""),
        recommended=tuple(given.get("recommended", ())),
        unique=tuple(given.get("unique", ())),
        serves=tuple(given.get("serves", ("in service",))),
        schema=given.get("schema", {}),
        service=given.get("service", False),
        kinds=tuple(DependencyRule(**one) for one in given.get("kinds", ())),
    )


def _problems(given: Any) -> list[str]:
    if not isinstance(given, dict):
        return ["It must be an object with names."]
    known = (*_TEXTS, *_LISTS, "schema", "service", "kinds")
    problems = [f"'{name}' is unknown; use {', '.join(known)}." for name in given if name not in known]
    problems += [f"'{name}' is missing." for name in ("id", "name") if name not in given]
    problems += [f"'{n}' must be text." for n in _TEXTS if n in given and not isinstance(given[n], str)]
    for name in _LISTS:
        listed = given.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            problems.append(f"'{name}' must be a list of texts.")
    if not isinstance(given.get("schema", {}), dict):
        problems.append("'schema' must be a JSON Schema object.")
    if not isinstance(given.get("service", False), bool):
        problems.append("'service' must be true or false.")
    return problems + _rule_problems(given.get("kinds", []))


def _rule_problems(kinds: Any) -> list[str]:
    if not isinstance(kinds, list):
        return ["'kinds' must be a list."]
    problems = []
    for number, one in enumerate(kinds):
        good = isinstance(one, dict) and isinstance(one.get("kind"), str)
        good = good and not set(one) - {"kind", "minimum", "maximum"}
        good = good and all(type(one.get(name, 0)) is int for name in ("minimum", "maximum"))
        if not good:
            problems.append(f"kinds[{number}] must be {{kind: text, minimum: number, maximum: number}}.")
    return problems


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)
