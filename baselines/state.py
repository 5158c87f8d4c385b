"""The library as it stood at one commit: people with keys, boards, policies, any record.

Read from the vault alone, so that what authorises a commit can be asked of its parent, with no
database in sight. Source: rules.md 7, Founding commit; Verify.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from baselines.model import Commit
from baselines.records import request_folder
from baselines.vault import Vault
from ccb import closures, statements
from ccb.ballot import Board, Policy
from ccb.model import KEEPING, SITE_BOARD_RECORDS, ChangeRequest, decision_of
from ccb.policy import Matter, highest
from ccb.proposal import Fields, Key
from cmdb import canonical, records
from cmdb.model import Person

_MANY = ("items", "records")


class State:
    """What the library controlled at a commit. Reads each record once."""

    def __init__(self, vault: Vault, commit: str) -> None:
        self.vault = vault
        self.commit = commit
        self._known: dict[str, bytes | None] = {}
        self._listed: dict[str, str] | None = None

    def file(self, path: str) -> bytes | None:
        """The bytes of a file at this commit, or None."""
        if path not in self._known:
            self._known[path] = self.vault.find(self.commit, path) if self.commit else None
        return self._known[path]

    def fetch(self, paths: Iterable[str]) -> None:
        """Read many files at once, because each look-up by itself takes a millisecond."""
        wanted = set(paths) - self._known.keys()
        if self._listed is None:
            self._listed = dict(self.vault.paths(self.commit))
        there = [path for path in sorted(wanted) if path in self._listed]
        self._known |= dict.fromkeys(wanted)
        oids = [self._listed[path] for path in there]
        self._known |= dict(zip(there, self.vault.contents(oids), strict=True))

    def go_on_from(self, before: "State", changed: Iterable[str]) -> None:
        """Know what the commit before this one was read to hold, but for the files that changed since.

        Items and records are left out: the next commit asks for others.
        """
        known = {path: data for path, data in before._known.items() if path.partition("/")[0] not in _MANY}
        for path in changed:
            known.pop(path, None)
        self._known = known | self._known

    def take(self, files: Mapping[str, str]) -> None:
        """Read these files at once: object id by path, as `vault.paths` lists them."""
        self._known |= dict(zip(files, self.vault.contents(files.values()), strict=True))

    def record(self, key: Key) -> Fields | None:
        """The fields of a controlled record, or None."""
        data = self.file(records.path_of(*key))
        return None if data is None else canonical.decode(data)[1]

    def person(self, id: str) -> Person | None:
        """A person with the keys registered then, or None."""
        data = self.file(records.path_of("person", id))
        return None if data is None else _person(data)

    def keys(self, id: str) -> tuple[str, ...]:
        """The registered keys of an active person; none for anybody else."""
        person = self.person(id)
        return tuple(key.text for key in person.keys) if person and person.active else ()

    def board(self, id: str) -> Board | None:
        """A board, or None."""
        fields = self.record(("board", id))
        return None if fields is None else statements.board_from(fields)

    def policies(self) -> tuple[Policy, ...]:
        """Every policy in force, by id."""
        found = [self.file(path) for path, _oid in self.vault.paths(self.commit, "policies/")]
        return tuple(_policy(data) for data in found if data)

    def groups_of(self, people: Iterable[str]) -> dict[str, list[str]]:
        """The groups each of these people leads or belongs to, by id."""
        found: dict[str, list[str]] = {person: [] for person in people}
        if not found:
            return found
        for path, _oid in self.vault.paths(self.commit, "groups/"):
            data = self.file(path)
            group = records.group_from(canonical.decode(data)[1]) if data else None
            for person in found:
                if group is not None and person in (group.lead, *group.members):
                    found[person].append(group.id)
        return found

    def decisions(self, request: str) -> list[str]:
        """The paths of every decision about a request, oldest first."""
        folder = request_folder(request)
        named = [
            path
            for path, _oid in self.vault.paths(self.commit, f"{folder}/")
            if path.endswith("-decision.json")
        ]
        return sorted(named, key=lambda path: int(path.rsplit("/", 1)[1].split("-")[0]))

    def matter_of(self, request: ChangeRequest, material: Fields, scopes: Iterable[str]) -> Matter:
        """What a request puts before a board, from the records it changes as they stood.

        `scopes` are those for which a policy exists. Mirrors `ccb.ballots.matter_of`.
        """
        kinds: set[str] = set()
        levels: set[str] = set()
        items: set[str] = set()
        for change in request.changes:
            kind, id = change.holder
            if kind == "scope":
                levels.add(closures.level_decided(change))
                if change.operation not in KEEPING:
                    kinds |= {
                        one["type"] for scope in material.get("scopes", ()) for one in scope.get("types", ())
                    } & set(SITE_BOARD_RECORDS)
                continue
            kinds.add(kind)
            if change.operation == "change level":
                levels.add(str(change.exact["level"]))
            if kind == "item":
                items.add(id)
                fields = self.record((kind, id))
                levels |= {str(fields["level"])} if fields else set()
            else:
                levels.add("baselined")
        decision = decision_of(request.kind)
        only_items = kinds <= {"item"} and bool(items)
        scopes = tuple(scopes)
        whole = closures.covering(request.changes, scopes)
        return Matter(
            decision=decision,
            change_kind=request.kind if decision == "change" else "",
            level=highest(levels) if levels else "baselined",
            scopes=whole | frozenset(one for one in scopes if only_items and self._covers(one, items)),
            site_board=bool(kinds & set(SITE_BOARD_RECORDS)),
        )

    def _covers(self, scope: str, items: set[str]) -> bool:
        word, _, name = scope.partition(":")
        if word == "item":
            return items == {name}
        if word == "type":
            return all((self.record(("item", one)) or {}).get("type") == name for one in items)
        services = [name]
        if word == "customer":
            services = []
            for path, _oid in self.vault.paths(self.commit, "agreements/"):
                fields = json.loads(self.file(path) or b"{}")
                services += fields.get("services", ()) if fields.get("customer") == name else ()
        return items <= self.below(services)

    def below(self, ids: Iterable[str]) -> set[str]:
        """These items and everything they need."""
        waiting, found = list(ids), set(ids)
        while waiting:
            fields: Any = self.record(("item", waiting.pop())) or {}
            for link in fields.get("dependencies", ()):
                if link["target"] not in found:
                    found.add(link["target"])
                    waiting.append(link["target"])
        return found


@lru_cache(maxsize=1024)
def _person(data: bytes) -> Person:
    # A verification meets the same few people and policies a hundred thousand times.
    return records.person_from(canonical.decode(data)[1])


@lru_cache(maxsize=256)
def _policy(data: bytes) -> Policy:
    return statements.policy_from(canonical.decode(data)[1])


def around(
    vault: Vault, commit: Commit, keys: Iterable[Key]
) -> dict[Key, tuple[Fields | None, Fields | None]]:
    """Every record before a commit and after it."""
    before, after = State(vault, commit.parents[0] if commit.parents else ""), State(vault, commit.id)
    return {key: (before.record(key), after.record(key)) for key in keys}
