"""Closed sets as the library holds them: their digest, what they consist of, and whether one is right.

The same as `ccb.scope.summary` gives from the database, with `ccb.closures` saying what belongs to a
set. Nothing but the vault is asked. Source: rules.md 5, Bring under control; 7, Verify.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from baselines.state import State
from ccb import closures, controlled
from ccb.model import ProposedChange
from ccb.proposal import Fields, Key
from ccb.scope import digest_of
from ccb.scope_words import SUBTYPES
from cmdb import canonical, records
from cmdb.records import FOLDERS

Wrong = tuple[str, str]  # a sentence for a manager, a line for an engineer

_KINDS = {kind.form: name for name, kind in controlled.KINDS.items()}
_ALTERED = frozenset({"level", "criterion"})


class InState:
    """A commit of the library as a source of closed sets."""

    def __init__(self, state: State) -> None:
        self.state = state

    def record(self, key: Key) -> Fields | None:
        """The fields of a record, or None."""
        return self.state.record(key) if key[0] in controlled.KINDS else None

    def of_types(self, types: Collection[str]) -> Iterable[str]:
        """The ids of the items of these types."""
        return [id for (_kind, id), one in held(self.state, "item") if one["type"] in types]

    def types(self) -> Mapping[str, str]:
        """The parent of every item type, empty for one that has none."""
        return {id: str(one.get("parent", "")) for (_kind, id), one in held(self.state, "type")}

    def documents(self) -> Iterable[tuple[str, Fields]]:
        """Every document, by id."""
        return [(id, fields) for (_kind, id), fields in held(self.state, "document")]

    def agreements(self) -> Iterable[tuple[str, Fields]]:
        """Every agreement, by id."""
        return [(id, fields) for (_kind, id), fields in held(self.state, "agreement")]

    def referring(self, key: Key) -> Iterable[Key]:
        """The records that refer to one."""
        found = (one for kind in controlled.KINDS for one in held(self.state, kind))
        return [one for one, fields in found if key in controlled.references(one[0], fields)]


def held(state: State, kind: str) -> Iterator[tuple[Key, Fields]]:
    """Every record of a kind at a commit."""
    oids = (oid for _path, oid in state.vault.paths(state.commit, f"{FOLDERS[kind]}/"))
    for data in state.vault.contents(oids):
        fields = canonical.decode(data)[1]
        yield (kind, str(fields["id"])), fields


def scope_digest(after: State, paths: Collection[str]) -> str:
    """Digest of the records at these paths of a commit."""
    return digest_of(canonical.digest(canonical.decode(data)[0], data) for data in _contents(after, paths))


def scope_types(after: State, paths: Collection[str]) -> Counter[str]:
    """How many records of each type stand at these paths of a commit; what is no item by its kind."""
    return types_of(map(_record, _contents(after, paths)))


def types_of(found: Iterable[tuple[Key, Fields]]) -> Counter[str]:
    """How many records of each type these are; what is no item by its kind."""
    return Counter(str(fields["type"]) if key[0] == "item" else key[0] for key, fields in found)


def mistaken(
    changes: Sequence[ProposedChange],
    material: Mapping[str, Any],
    states: tuple[State, State],
    touched: Collection[str],
) -> Wrong | None:
    """Say what is wrong with a commit that moved the records of scopes between levels; None when nothing is.

    `material` is what its voters were told of each scope, `states` are before and after it, `touched`
    the paths it changed. Held against it are the set, its digest, its counts and, where records were
    under control before, that nothing but their level moved.
    """
    told = list(material.get("scopes", ()))
    if len(changes) != len(told):
        return "those who voted were told of other scopes than it moved", f"told of {len(told)}"
    before, after = states
    if len(changes) == 1 and changes[0].operation == "bring under control":
        return _differs(touched, told[0], after)
    found = dict(map(_record, _contents(after, touched)))
    paths = {records.path_of(*key): key for key in found}
    if strange := sorted(set(touched) - paths.keys()):
        return "it changed something beside the records it moved", f"{strange[0]} was changed too"
    taken: set[Key] = set()
    for change, one in zip(changes, told, strict=True):
        keys = _expected(change, before, found)
        taken |= keys
        if wrong := _differs({records.path_of(*key) for key in keys}, one, after):
            return wrong
    if strange_keys := sorted(found.keys() - taken):
        kind, id = strange_keys[0]
        return "it moved records that no scope decided on names", f"{kind} {id} lies in none of them"
    return _altered(changes[0], before, found)


def _expected(change: ProposedChange, before: State, found: Mapping[Key, Fields]) -> set[Key]:
    """The records a scope takes of those that were changed, as they were at their levels before."""
    was = {key: {**fields, "level": (before.record(key) or _DRAFT)["level"]} for key, fields in found.items()}
    known = InState(before).types() if SUBTYPES in change.exact.get("also", ()) else {}
    keys = closures.closed(closures.Among(was, known), change)
    return set(was) if keys is None else keys


_DRAFT = {"level": "draft"}


def _differs(paths: Collection[str], told: Mapping[str, Any], after: State) -> Wrong | None:
    digest, types = scope_digest(after, paths), scope_types(after, paths)
    if told["digest"] != digest:
        return (
            "it brought other records under control than those decided on",
            f"scope digest {digest}, decided {told['digest']}",
        )
    counts = {one["type"]: one["count"] for one in told.get("types", ())}
    if counts != types or told["count"] != types.total():
        return (
            "those who voted were told of other counts than it brought under control",
            f"told {told['count']} records, brought {types.total()}: {dict(types)}",
        )
    return None


def _altered(change: ProposedChange, before: State, found: Mapping[Key, Fields]) -> Wrong | None:
    """Moving between levels alters the level, and gives an item a criterion where it had none."""
    levels = closures.taken(change)
    for key, fields in sorted(found.items()):
        was = before.record(key)
        if was is None and "draft" in levels:
            continue
        if was is None or was["level"] not in levels:
            return f"it moved {key[0]} {key[1]} from a level it was not at", f"levels taken: {levels}"
        names = {name for name in {*was, *fields} if was.get(name) != fields.get(name)}
        if names - _ALTERED or ("criterion" in names and was.get("criterion")):
            return f"it altered {key[0]} {key[1]} beside its level", f"fields {', '.join(sorted(names))}"
    return None


def _contents(after: State, paths: Collection[str]) -> Iterator[bytes]:
    wanted = set(paths)
    return after.vault.contents([oid for path, oid in after.vault.paths(after.commit) if path in wanted])


def _record(data: bytes) -> tuple[Key, Fields]:
    form, fields = canonical.decode(data)
    return (_KINDS.get(form, form), str(fields.get("id", ""))), fields
