"""The lines of the forms about items, and what is typed in them read into items and dependencies.

Pure. Sentences of the rules find their line by their beginnings: no rule is written twice. A line
left as it was keeps the content it stood for, whatever kind of content that is.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cmdb.checks import CUSTODIES, ITEM_STATUSES, OPERATING_STATES, STRENGTHS, shown
from cmdb.errors import Invalid
from cmdb.model import Item, ItemType
from tui import typed as words
from tui.item_source import Blank, Typed

OPEN = "?"  # in a form about an item under control: known only afterwards
_SET = "set:"


def item_blanks(item: Item, kind: ItemType | None, *, new: bool = False) -> tuple[Blank, ...]:
    """The lines of an item; `kind` is its type with what it inherits, None while it is unknown."""
    blanks = [
        Blank("type", "type", item.type, "what it is; decides its characteristics", "required",
              completes="type", says=("Type ", "There is no item type")),
        Blank("name", "name", item.name, "what people call it", "required", says=("The name",)),
        Blank("owner", "owner", item.owner, "the one person who owns it", "required", completes="person",
              says=("Owner ", "The owner")),
        Blank("group", "group", item.group, "the group that answers for it", completes="group",
              says=("Group ", "There is no group")),
        Blank("status", "status", item.status, "; ".join(ITEM_STATUSES), choices=ITEM_STATUSES,
              says=("The status",)),
    ]  # fmt: skip
    if new:
        hint = "empty: one is made from its type, such as app-0001"
        says = ("Item '", "The item '", "The id '")
        blanks.insert(0, Blank("id", "id", item.id, hint, says=says))
    if kind is not None:
        blanks += _characteristics(item, kind)
    blanks += [
        Blank("custody", "custody", item.custody, "; ".join(CUSTODIES), choices=CUSTODIES,
              says=("The custody",)),
        Blank("party", "belongs to", item.party, "the customer or supplier it belongs to", completes="party",
              says=("Party ", "There is no party")),
        Blank("criterion", "criterion", item.criterion, "the documented criterion it was selected by",
              says=("The criterion", "A controlled item names")),
        Blank("points", "controlled", "; ".join(item.points), "life-cycle points; several are separated by ;",
              says=("The points",)),
    ]  # fmt: skip
    return tuple(blanks)


def facts_now(item: Item, kind: ItemType | None, most: int = 3) -> str:
    """The characteristics of an item as a change request sets them: `model=QFX5100 serial=`."""
    blanks = [one for one in item_blanks(item, kind) if one.name.startswith(_SET)]
    known = sorted(blanks, key=lambda one: not one.value)  # what it has comes first
    return " ".join(f"{one.label}={shlex.quote(one.value) if one.value else ''}" for one in known[:most])


def _characteristics(item: Item, kind: ItemType) -> list[Blank]:
    declared = dict(kind.schema.get("properties", {}))
    required = [str(one) for one in kind.schema.get("required", ())]
    names = list(
        dict.fromkeys([*required, *kind.recommended, *kind.unique, *declared, *item.characteristics])
    )
    blanks = []
    for name in names:
        schema = declared.get(name, {})
        rule = schema if isinstance(schema, Mapping) else {}
        need = "required" if name in required else "recommended" if name in kind.recommended else ""
        content = item.characteristics.get(name)
        choices = tuple(one for one in rule.get("enum", ()) if isinstance(one, str))
        blanks.append(
            Blank(
                _SET + name,
                name,
                "" if content is None else text_of(content),
                _hint(rule, choices),
                need,
                choices,
                says=(
                    f"{name}: ",
                    f"{name}.",
                    f"{name} '",
                    f"{name} holds",
                    f"{name} has",
                    f"characteristics: '{name}' is a required",
                    f"the field '{name}'",
                    f"it has no field '{name}'",
                ),
            )
        )
    if kind.schema.get("additionalProperties", True) is not False:
        blanks.append(
            Blank("more", "others", "", "other characteristics: rack=A3 units=2", says=("characteristics: ",))
        )
    return blanks


def _hint(rule: Mapping[str, Any], choices: Sequence[str]) -> str:
    if choices:
        return "; ".join(choices)
    said = str(rule.get("description", ""))
    kind = rule.get("type", "")
    form = {"integer": "a whole number", "boolean": "true or false", "array": "several are separated by ;"}
    first = said or form.get(kind, "") if isinstance(kind, str) else said
    return "; ".join(one for one in (first, *_limits(rule)) if one)


_LIMITS = (
    ("pattern", "matches {}"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("format", "as {}"),
)


def _limits(rule: Mapping[str, Any]) -> list[str]:
    """What a schema asks of content, in words, where it says so at its top."""
    return [said.format(shown(str(rule[name]))) for name, said in _LIMITS if name in rule]


def text_of(content: Any) -> str:
    """How content stands in a line of a form."""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(one, str) and ";" not in one for one in content):
        return "; ".join(content)
    return json.dumps(content, ensure_ascii=False)


def content_of(text: str, rule: Any) -> Any:
    """Read what is typed for a characteristic, as its schema asks for it; else as the command line does.

    What does not fit stays text: the schema says what is wrong with it.
    """
    kind = rule.get("type") if isinstance(rule, Mapping) else None
    if kind == "string":
        return text
    if kind == "array" and not text.startswith("["):
        return [one.strip() for one in text.split(";") if one.strip()]
    return words.pairs([f"it={text}"])["it"]


def fields_of(start: Item, kind: ItemType | None, blanks: Iterable[Blank], typed: Typed) -> dict[str, Any]:
    """What an item's fields become; a line that was not altered keeps its content.

    Raises Invalid when other characteristics are no NAME=TEXT.
    """
    declared = dict(kind.schema.get("properties", {})) if kind else {}
    facts = dict(start.characteristics)
    found: dict[str, Any] = {}
    for one in blanks:
        text = typed.get(one.name, one.value).strip()
        if text == one.value.strip():
            continue
        if one.name.startswith(_SET):
            name = one.name.removeprefix(_SET)
            facts[name] = content_of(text, declared.get(name, {})) if text else None
        elif one.name == "more":
            facts |= _more(text)
        elif one.name == "points":
            found["points"] = tuple(part.strip() for part in text.split(";") if part.strip())
        elif one.name in Item.__dataclass_fields__:
            found[one.name] = text
    facts = {name: content for name, content in facts.items() if content is not None}
    if facts != dict(start.characteristics):
        found["characteristics"] = facts
    return found


def _more(text: str) -> dict[str, Any]:
    try:
        return words.pairs(shlex.split(text))
    except ValueError as wrong:
        raise Invalid("characteristics: a quotation mark is not closed.", "Close it.") from wrong
    except Invalid as wrong:
        raise Invalid(f"characteristics: {wrong.reason}", wrong.remedy, wrong.problems) from wrong


def link_blanks(source: str, target: str = "", kind: str = "uses") -> tuple[Blank, ...]:
    """The lines of a new dependency."""
    return (
        Blank("source", "item", source, "the one that needs the other", "required", completes="item",
              says=("Source ",)),
        Blank("target", "needs", target, "the one it needs", "required", completes="item",
              says=("Target ", "There is no item", "there is no item")),
        Blank("kind", "kind", kind, "how it needs it, in words", "required", completes="kind",
              says=("The kind", "There is no dependency kind", "there is no dependency kind")),
        Blank("strength", "strength", "hard", "; ".join(STRENGTHS), choices=STRENGTHS,
              says=("The strength",)),
        Blank("group", "group", "", "of items of which some are needed; empty: none", completes="group of",
              says=("The group", "The redundancy group")),
        Blank("need", "need", "", "how many of the group: 2, or 50%; empty: as it is, or 1",
              says=("The need", "A need belongs", "The rows of the group")),
    )  # fmt: skip


def unlink_blanks(source: str, target: str = "", kind: str = "") -> tuple[Blank, ...]:
    """The lines of a dependency to take away."""
    return (
        Blank("source", "item", source, "the one that needs the other", "required", completes="item"),
        Blank("target", "needs", target, "the one it shall need no more", "required", completes="needs of"),
        Blank("kind", "kind", kind, "which one, where it needs it in several ways", completes="kind"),
    )


def need_blanks(source: str, group: str = "", need: str = "", strength: str = "hard") -> tuple[Blank, ...]:
    """The lines of a redundancy group."""
    return (
        Blank("source", "item", source, "the one that needs the group", "required", completes="item",
              says=("Source ",)),
        Blank("group", "group", group, "the name of the group", "required", completes="group of",
              says=("The group",)),
        Blank("need", "need", need, "how many of its members: 2, or 50%", "required", says=("The need",)),
        Blank("strength", "strength", strength, "; ".join(STRENGTHS), choices=STRENGTHS,
              says=("The strength",)),
    )  # fmt: skip


def hold_blanks() -> tuple[Blank, ...]:
    """The lines of a hold."""
    return (
        Blank("until", "until", "", "when it ends: 22:00, tomorrow 06:00, 2026-12-01 or +2d", "required",
              says=("A hold until", "until: ")),
        Blank("reason", "reason", "", "why nobody may change it", "required",
              says=("A hold needs", "The reason")),
    )  # fmt: skip


def owner_blanks(owner: str = "") -> tuple[Blank, ...]:
    """The line of a new owner."""
    return (
        Blank("owner", "new owner", owner, "person id", "required", completes="person",
              says=("Owner ", "The owner", "owner: ")),
    )  # fmt: skip


def state_blanks(now: str) -> tuple[Blank, ...]:
    """The line of an operating state."""
    hint = "; ".join(OPERATING_STATES)
    return (Blank("state", "state", now, hint, "required", choices=OPERATING_STATES, says=("The state",)),)


def request_blanks(title: str) -> tuple[Blank, ...]:
    """The lines of a change request, where the item is under control."""
    return (
        Blank("change title", "request", title, "the title of the change request", "required",
              says=("The title", "A change needs")),
        Blank("change reason", "why", "", "the reason, for the board", says=("The reason",)),
    )  # fmt: skip


def clone_blank() -> Blank:
    """The line that says whether a clone needs what the original needs."""
    return Blank(
        "connections", "connect it", "no", "yes: it needs what the original needs", choices=("yes", "no"),
        says=("Say yes or no",),
    )  # fmt: skip


def attributed(
    problems: Iterable[str], blanks: Sequence[Blank], subjects: Sequence[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """Put each sentence at the line it is about; the first one of a line stands, the rest come after it.

    Sentences about none of the lines come second.
    """
    found: dict[str, str] = {}
    others: list[str] = []
    for problem in dict.fromkeys(problems):
        bare = problem
        for one in subjects:
            bare = bare.removeprefix(f"item {one}: ")
        name = next((one.name for one in blanks if bare.startswith(one.says)), "")
        if name:
            found[name] = f"{found[name]} {bare}" if name in found else bare
        else:
            others.append(bare)
    return found, others


def missing(blanks: Iterable[Blank], typed: Typed) -> dict[str, str]:
    """The lines that must not be empty and are."""
    return {
        one.name: f"{one.label.capitalize()} is missing."
        for one in blanks
        if one.need == "required" and not typed.get(one.name, one.value).strip()
    }
