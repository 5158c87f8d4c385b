"""Signed minutes as the library keeps them, and whether they hold.

Minutes hold when who chaired the board then signed them with a registered key, when they follow the
version before them, and when every decision they name was taken with that result.
Source: rules.md 6, Meetings; 7, Verify.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baselines.decided import Decided, Fail, Verify
from baselines.model import RecordChange
from baselines.records import kept_path
from baselines.state import State
from baselines.vault import Vault
from ccb import minutes
from ccb.meeting import Meeting, Minutes
from cmdb import canonical
from cmdb.errors import CmdbError, Corrupt
from cmdb.model import Value

FOLDER = "records/minutes/"
_NAME = re.compile(r"(MT-[0-9]+)-([1-9][0-9]*)\.(json|sig)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Minuted(Value):
    """Minutes read from their two files."""

    path: str
    data: bytes
    signature: str
    digest: str
    fields: dict[str, Any]

    @classmethod
    def read(cls, at: State, path: str) -> "Minuted":
        """Read minutes by the path of their `.json`. Raises Corrupt when a file is missing or unreadable."""
        stem = path.removesuffix(".json")
        data, signature = at.file(path), at.file(f"{stem}.sig")
        if data is None or signature is None:
            raise Corrupt(
                f"The library has no '{stem}.json' with its '.sig'.", "Run 'cmdb verify' on another copy."
            )
        form, fields = canonical.decode(data)
        if form != minutes.FORM:
            raise Corrupt(f"'{path}' holds no minutes.", "Run 'cmdb verify' on another copy.")
        return cls(
            path=path,
            data=data,
            signature=signature.decode("ascii", "replace"),
            digest=canonical.digest(form, data),
            fields=fields,
        )

    @property
    def signed_at(self) -> datetime:
        """When they were signed."""
        return canonical.instant(self.fields["at"])

    def meeting(self) -> Meeting:
        """The meeting they tell of. Raises Corrupt when they do not tell of one."""
        try:
            return minutes.meeting_from(self.fields)
        except (CmdbError, KeyError, TypeError, ValueError) as broken:
            raise Corrupt(f"'{self.path}' tells of no meeting: {broken}.", "Run 'cmdb verify'.") from broken

    def row(self, *, key: str, record: str) -> Minutes:
        """The minutes as the database keeps them."""
        return Minutes(
            meeting=self.fields["meeting"],
            version=self.fields["version"],
            digest=self.digest,
            previous=self.fields.get("previous", ""),
            by=self.fields["by"],
            at=self.signed_at,
            text=self.data.decode(),
            key=key,
            signature=self.signature,
            record=record,
        )

    def check(self, before: State, *, root: str, verify: Verify, fail: Fail) -> str:
        """Hold the minutes against the state in force when they were signed; give the key that signed."""
        fields = self.fields
        named = kept_path("minutes", f"{fields.get('meeting')}-{fields.get('version')}")
        if fields.get("site") != root or named != self.path:
            fail("The minutes belong to another site or meeting.", f"{self.path} names {named}")
        self._check_order(before, fail)
        by, board = str(fields.get("by", "")), before.board(str(fields.get("board", "")))
        if board is None or not board.presides(by, self.signed_at):
            fail(f"{by}, who signed the minutes, did not chair the board.", f"board {fields.get('board')}")
        try:
            key = verify(self.data, self.signature, namespace=minutes.NAMESPACE, keys=before.keys(by))
        except CmdbError as wrong:
            fail(f"The minutes are not signed by a key registered for {by} at that time.", wrong.reason)
        self._check_decisions(before, fail)
        return str(key)

    def _check_order(self, before: State, fail: Fail) -> None:
        version = int(self.fields["version"])
        earlier = before.file(kept_path("minutes", f"{self.fields['meeting']}-{version - 1}"))
        found = canonical.digest(minutes.FORM, earlier) if earlier is not None else ""
        if found != self.fields.get("previous", "") or bool(found) != (version > 1):
            fail(
                "The minutes do not follow the version before them.",
                f"{self.path}: previous is {found or 'none'}",
            )

    def _check_decisions(self, before: State, fail: Fail) -> None:
        """Every decision told of was taken, on that request and with that result."""
        for item in self.meeting().agenda:
            known = {
                one.decision.digest: one.decision.result
                for one in (Decided.read(before, path) for path in before.decisions(item.request))
            } if item.taken else {}  # fmt: skip
            for taken in item.taken:
                if known.get(taken.decision) != taken.result:
                    fail(
                        f"The minutes tell of a decision on {item.request} that was not taken so.",
                        f"{taken.decision} '{taken.result}'; taken were {known}",
                    )


def count(vault: Vault, commit: str) -> int:
    """How many signed minutes stand in the library at a commit, every version of them."""
    return sum(path.endswith(".json") for path, _oid in vault.paths(commit, FOLDER))


def added(changes: Sequence[RecordChange], fail: Fail) -> list[str]:
    """The minutes a record commit adds, by the path of their `.json`; each comes with its signature."""
    names = {one.path.removeprefix(FOLDER) for one in changes if one.path.startswith(FOLDER)}
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        other = {"json": "sig", "sig": "json"}[match[3]] if match else ""
        if match is None or f"{match[1]}-{match[2]}.{other}" not in names:
            fail("Something stands among the minutes that is no signed minutes.", FOLDER + name)
    return sorted(FOLDER + name for name in names if name.endswith(".json"))
