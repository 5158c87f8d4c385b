"""What people type of a scope, read into the change that a request would propose about it.

`service:mail`, `type:server`, `customer:city`, `all` and `item:sw-11` are scopes; items named one by one
are a list. Pure. Source: rules.md 5, Bring under control; 7, Control levels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ccb import closures, controlled
from ccb.model import ProposedChange
from cmdb.errors import Invalid
from cmdb.model import shown
from tui.present import counted

LIST = "items"  # the name of a list nobody named


def named(names: Sequence[str], name: str = "") -> tuple[str, dict[str, Any]]:
    """The scope that ids or one scope stand for, and the items of a list. Raises Invalid."""
    scopes = [one for one in names if is_scope(one)]
    if not names:
        raise Invalid("No item is named.", "Name items, or a scope such as service:mail or type:server.")
    if scopes and len(names) > 1:
        raise Invalid(
            f"'{shown(scopes[0])}' is a scope and stands alone.", "Name one scope, or items one by one."
        )
    if scopes:
        return names[0], {}
    if len(names) == 1 and not name:
        return f"item:{names[0]}", {}
    return f"list:{name or LIST}", {"items": sorted(set(names))}


def is_scope(text: str) -> bool:
    """Whether a text is a scope rather than an item: `all`, or `KIND:ID` with a kind that is known."""
    word, colon, id = text.partition(":")
    return text == "all" or bool(colon and id and word in (*closures.WORDS, *controlled.KINDS))


def reasons(given: Sequence[str]) -> dict[str, str]:
    """What is left out and why, typed `ID=REASON`. Raises Invalid where the reason is missing."""
    found = {}
    for one in given:
        id, _, why = one.partition("=")
        if not (id.strip() and why.strip()):
            raise Invalid(f"'{shown(one)}' gives no reason.", "Write what is left out and why: ID=REASON.")
        found[id.strip()] = why.strip()
    return found


def moving(
    scope: str, items: Mapping[str, Any], *, level: str, down: bool, criterion: str, out: Mapping[str, str]
) -> ProposedChange:
    """The change that moves a scope to a level."""
    exact: dict[str, Any] = {"level": level, **items}
    if down:
        exact["from"] = "baselined"
    if criterion:
        exact["criterion"] = criterion
    if out:
        exact["left_out"] = dict(out)
    return closures.widened(ProposedChange(record="scope", id=scope, operation="change level", exact=exact))


def agreeing(scope: str, items: Mapping[str, Any], out: Mapping[str, str]) -> ProposedChange:
    """The change that establishes the baseline of a scope."""
    exact = {**items, **({"left_out": dict(out)} if out else {})}
    return closures.widened(
        ProposedChange(record="scope", id=scope, operation="establish baseline", exact=exact)
    )


def said(change: ProposedChange, count: int) -> str:
    """What a change does to a scope, in words: `move 7 records of 'service:mail' to baselined`."""
    records = counted(count, "record")
    if change.operation == "release":
        named = f"{change.exact['product']} {change.exact['version']}"
        return f"release {named}: {records} of {change.exact['baseline']}"
    if change.operation == "establish baseline":
        return f"agree on {records} of '{change.id}' as their baseline"
    if closures.demotes(change):
        return f"move {records} of '{change.id}' down to {change.exact['level']}"
    if change.operation == "change level":
        return f"move {records} of '{change.id}' up to {change.exact['level']}"
    return f"bring {records} of '{change.id}' under control"
