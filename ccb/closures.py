"""Closed sets of records: what a scope names, and everything that has to move with it.

    closed(source, change) -> keys          the set, or None where it is all that is taken
    open_ends(source, change, keys)         what keeps it from being closed, in sentences

Four operations name a scope. `bring under control` takes candidates; `change level` takes what is
below the level it promotes to, or, `from` baselined, what is above the level it demotes to;
`establish baseline` and `release` take every controlled record as it is. Going up a set is closed over
what its records refer to, going down over what refers to them. What is left out is named with its reason.
What a scope takes `also` - the documents about its services, the types below its type - stands in the
request: those written before there was such a thing mean what they meant then.
The same function serves the database and, in `baselines`, a commit: both come to the same set.
Nothing here reads a database or a file. Source: rules.md 5, Bring under control; 7, Control levels.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from ccb import controlled, release_sets
from ccb.model import KEEPING, SCOPE_OPERATIONS, ProposedChange
from ccb.proposal import Fields, Key
from ccb.scope_words import DOCUMENTS, SUBTYPES, also
from cmdb.model import LEVELS, id_problems, shown, text_problems
from cmdb.written import IN_FORCE

WORDS = ("service", "item", "customer", "type", "list")
LISTED = 5_000  # items named one by one in one request
_EXACT = {
    "bring under control": ("level", "criterion", "also"),
    "change level": ("level", "from", "criterion", "items", "left_out", "also"),
    "establish baseline": ("items", "left_out", "also"),
    "release": release_sets.FIELDS,
}


class Source(Protocol):
    """Where records are looked up: the database, or a commit of the library."""

    def record(self, key: Key) -> Fields | None:
        """The fields of a record, or None."""

    def of_types(self, types: Collection[str]) -> Iterable[str]:
        """The ids of the items of these types."""

    def types(self) -> Mapping[str, str]:
        """The parent of every item type, empty for one that has none."""

    def agreements(self) -> Iterable[tuple[str, Fields]]:
        """Every agreement, by id."""

    def documents(self) -> Iterable[tuple[str, Fields]]:
        """Every document, by id."""

    def referring(self, key: Key) -> Iterable[Key]:
        """The records that refer to one."""


class Among:
    """Records held in memory, as the source of closed sets; `known` are parents of types beside them."""

    def __init__(self, records: Mapping[Key, Fields], known: Mapping[str, str] | None = None) -> None:
        self.records = records
        self.known = dict(known or {})

    def record(self, key: Key) -> Fields | None:
        """The fields of a record, or None."""
        return self.records.get(key)

    def of_types(self, types: Collection[str]) -> Iterable[str]:
        """The ids of the items of these types."""
        return [id for id, one in self._of("item") if one["type"] in types]

    def types(self) -> Mapping[str, str]:
        """The parent of every item type, empty for one that has none."""
        return self.known | {id: str(one.get("parent", "")) for id, one in self._of("type")}

    def agreements(self) -> Iterable[tuple[str, Fields]]:
        """Every agreement, by id."""
        return self._of("agreement")

    def documents(self) -> Iterable[tuple[str, Fields]]:
        """Every document, by id."""
        return self._of("document")

    def _of(self, wanted: str) -> list[tuple[str, Fields]]:
        return [(id, one) for (kind, id), one in self.records.items() if kind == wanted]

    def referring(self, key: Key) -> Iterable[Key]:
        """The records that refer to one."""
        return [one for one, fields in self.records.items() if key in controlled.references(one[0], fields)]


def widened(change: ProposedChange) -> ProposedChange:
    """A change to a whole scope with what such a scope takes also, as requests written now say it."""
    return change.but(exact={**change.exact, **also(change.id, change.operation, change.exact)})


def taken(change: ProposedChange) -> tuple[str, ...]:
    """The levels whose records an operation on a scope takes."""
    if change.operation == "bring under control":
        return ("draft",)
    if change.operation in KEEPING:
        return LEVELS[1:]
    if demotes(change):
        return (str(change.exact["from"]),)
    return LEVELS[: LEVELS.index(str(change.exact["level"]))]


def demotes(change: ProposedChange) -> bool:
    """Whether the records of the scope go down a level."""
    return change.operation == "change level" and "from" in change.exact


def level_decided(change: ProposedChange) -> str:
    """The control level a board is asked about: the higher of where records come from and go to."""
    if change.operation in KEEPING:
        return LEVELS[-1]
    return str(change.exact.get("from", change.exact["level"]))


def covering(changes: Iterable[ProposedChange], scopes: Iterable[str]) -> frozenset[str]:
    """Those scopes of policies that cover what happens to whole scopes: the very scope that is named.

    Candidates that come under control are in nobody's scope before.
    """
    ids = {one.id if one.operation != "bring under control" else "" for one in changes}
    return frozenset(one for one in scopes if ids == {one})


def risen(change: ProposedChange, kind: str, fields: Fields) -> dict[str, Any]:
    """A record of the set as it will be: at its new level, an item with its criterion."""
    if change.operation in KEEPING:
        return dict(fields)
    found = {**fields, "level": change.exact["level"]}
    if kind == "item" and not found.get("criterion") and change.exact.get("criterion"):
        found["criterion"] = change.exact["criterion"]
    return found


def closed(source: Source, change: ProposedChange) -> set[Key] | None:
    """The records an operation on a scope takes; None for the scope `all`, which is all of its levels."""
    if change.id == "all":
        return None
    levels, out = taken(change), set(left_out(change))
    found: set[Key] = set()
    waiting = named(source, change)
    while waiting:
        key = waiting.pop()
        if key in found or key in out:
            continue
        fields = source.record(key)
        if fields is None or fields.get("level") not in levels:
            continue
        found.add(key)
        waiting += source.referring(key) if demotes(change) else controlled.references(key[0], fields)
    return found


def named(source: Source, change: ProposedChange) -> list[Key]:
    """The records a scope names itself, before anything follows from them."""
    word, _, id = change.id.partition(":")
    beside = change.exact.get("also", ())
    if word == "list":
        return [("item", one) for one in change.exact.get("items", ())]
    if word == "type":
        types = below(source.types(), id) if SUBTYPES in beside else {id}
        return [("item", one) for one in source.of_types(types)]
    if DOCUMENTS in beside:
        bare = change.but(exact={name: one for name, one in change.exact.items() if name != "also"})
        return [*named(source, bare), *_about(source, word, id)]
    if word == "customer":
        own = [("agreement", name) for name, one in source.agreements() if one.get("customer") == id]
        return [("party", id), *own]
    if word in ("service", "item"):
        promises = word == "service" and change.operation != release_sets.RELEASE  # no part of a product
        promised = source.agreements() if promises else ()
        return [("item", id), *(("agreement", name) for name, one in promised if id in one["services"])]
    return [(word, id)] if word in controlled.KINDS else []


def below(parents: Mapping[str, str], type: str) -> set[str]:
    """A type and every type below it."""
    found, more = {type}, {type}
    while more:
        more = {one for one, parent in parents.items() if parent in more} - found
        found |= more
    return found


def _about(source: Source, word: str, id: str) -> list[Key]:
    """The documents in force about a service, or about a service promised to a customer."""
    services = {id}
    if word == "customer":
        services = {
            one
            for _, fields in source.agreements()
            if fields.get("customer") == id
            for one in fields["services"]
        }
    return [
        ("document", name)
        for name, one in source.documents()
        if one.get("status", IN_FORCE) == IN_FORCE and services & set(one.get("services", ()))
    ]


def left_out(change: ProposedChange) -> dict[Key, str]:
    """The records left out by name, each with the reason. A bare id is an item's."""
    return {key_of(text): str(why) for text, why in dict(change.exact.get("left_out", {})).items()}


def key_of(text: str) -> Key:
    """`sw-11` is an item, `person:a.vries` a record of another kind."""
    word, found, id = text.partition(":")
    return (word, id) if found and word in controlled.KINDS else ("item", text)


def open_ends(source: Source, change: ProposedChange, keys: Iterable[Key] | None) -> list[str]:
    """What keeps a set from being closed: a reference to, or from, what was left out.

    A controlled record refers only to records at least as controlled. A baseline changes no level:
    what it leaves out stays outside, with the reason.
    """
    out = left_out(change)
    if change.operation != "change level" or not out:
        return []
    find: Callable[[Key], Iterable[Key]] = source.referring
    if not demotes(change):
        find = lambda key: controlled.references(key[0], source.record(key) or {})  # noqa: E731
    levels, found = taken(change), []
    for key in sorted(keys or ()):
        for other in sorted(set(find(key)) & out.keys()):
            fields = source.record(other) or {}
            if fields.get("level") in levels:
                needy, needed = (other, key) if demotes(change) else (key, other)
                found.append(
                    f"{_said(needy)} refers to {_said(needed)}, and {_said(other)}, which is"
                    f" {fields['level']}, is left out; leave {_said(key)} out as well, or neither."
                )
    return found


def problems(change: ProposedChange) -> list[str]:
    """What is wrong with an operation on a scope as written, whatever it names."""
    if change.operation not in SCOPE_OPERATIONS:
        return [f"'{change.operation}' is nothing that is done to a scope."]
    allowed = _EXACT[change.operation]
    found = [f"it has no field '{shown(one)}'." for one in change.exact if one not in allowed]
    if change.open:
        found.append("a scope has no open fields.")
    if "level" in allowed and change.exact.get("level") not in LEVELS[1:]:
        found.append(
            f"the level is one of {' and '.join(LEVELS[1:])}; nothing goes back to being a candidate."
        )
    if "criterion" in change.exact:
        found += text_problems("the criterion", str(change.exact["criterion"]))
    if change.operation == release_sets.RELEASE:
        found += release_sets.problems(change)
    if "also" in change.exact and widened(change) != change:
        found.append("what a scope takes also follows from its kind.")
    return [*found, *_demotion_problems(change), *_list_problems(change), *_left_out_problems(change)]


def _demotion_problems(change: ProposedChange) -> list[str]:
    if "from" not in change.exact:
        return []
    found = []
    if (change.exact["from"], change.exact.get("level")) != ("baselined", "controlled"):
        found.append("records go down from 'baselined' to 'controlled' only.")
    if change.id.partition(":")[0] not in ("item", "service", "type", "list"):
        found.append("what goes down is named by item:ID, service:ID, type:ID or a list of items.")
    return found


def _list_problems(change: ProposedChange) -> list[str]:
    items = change.exact.get("items", ())
    if not change.id.startswith("list:"):
        return ["items are named with a scope list:NAME only."] if "items" in change.exact else []
    if not isinstance(items, list | tuple) or not all(isinstance(one, str) for one in items) or not items:
        return ["a list names its items."]
    if len(items) > LISTED:
        return [f"a list of {len(items):,} items is too long; at most {LISTED:,} fit, use a scope."]
    found = id_problems("The name of the list", change.id.partition(":")[2])
    found += [problem for one in items for problem in id_problems("Item", one)]
    if len(set(items)) != len(items):
        found.append("an item is listed twice.")
    return found


def _left_out_problems(change: ProposedChange) -> list[str]:
    out = change.exact.get("left_out", {})
    if not isinstance(out, Mapping):
        return ["what is left out is a mapping of ids to reasons."]
    if out and change.id == "all":
        return ["from 'all' nothing is left out; name a service, a type or a list instead."]
    found = []
    for one, why in out.items():
        if not isinstance(why, str) or not why.strip():
            found.append(f"'{shown(str(one))}' is left out without a reason.")
        else:
            found += text_problems(f"the reason for {shown(str(one))}", why)
    return found


def _said(key: Key) -> str:
    return key[1] if key[0] == "item" else f"{key[0]} {key[1]}"
