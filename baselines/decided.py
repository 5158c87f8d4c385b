"""One decision as the library keeps it, and whether it holds.

A decision holds when every vote and override is signed by a key its voter had registered, names
exactly the digests decided on, when the policy is the one in force that fits what was asked, and
when counting the votes again gives the same result. Source: rules.md 6; 7, Verify.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from baselines.records import request_folder
from baselines.state import State
from ccb import counting, policy, signing, statements
from ccb.ballot import Decision, Outcome, Override, Policy, Vote
from ccb.model import ChangeRequest
from ccb.statements import DECISION_NAMESPACE, OVERRIDE_NAMESPACE, VOTE_NAMESPACE
from cmdb import canonical
from cmdb.errors import CmdbError, Corrupt
from cmdb.model import Value

_KEPT = 512  # decisions of which the check-in may still come

Fail = Callable[[str, str], NoReturn]


class Verify(Protocol):
    """How a signature is checked: gives the key that signed, or raises Refused."""

    def __call__(self, statement: bytes, signature: str, *, namespace: str, keys: Any) -> str:
        """Check one signature."""


class Files(Protocol):
    """Where the files of a decision are read: a commit of the library, or an archive."""

    def file(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""


class Keyring(Protocol):
    """Who has which keys."""

    def keys(self, id: str) -> tuple[str, ...]:
        """The keys of a person; none for anybody unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed(Value):
    """A signed file: its bytes, what they say, their digest and the signature beside them."""

    data: bytes
    fields: Mapping[str, Any] = field(compare=False)
    digest: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Value):
    """A decision with everything it was about, read from its files."""

    path: str
    request: ChangeRequest
    material: Mapping[str, Any]
    rules: Mapping[str, Any]
    digests: Mapping[str, str]
    decision: Decision
    signed: Signed
    votes: tuple[tuple[Vote, Signed], ...]
    overrides: tuple[tuple[Override, Signed], ...]

    @classmethod
    def read(cls, at: Files, path: str) -> "Decided":
        """Read a decision by the path of its `N-decision.json`. Raises Corrupt when a file is missing."""
        head = path.removesuffix("decision.json")
        parts: dict[str, Mapping[str, Any]] = {}
        digests = {}
        for name in ("request", "assessment", "rules"):
            data = _needed(at, f"{head}{name}.json")
            form, fields = canonical.decode(data)
            parts[name], digests[name] = fields, canonical.digest(form, data)
        signed = _signed(at, head + "decision")
        fields = dict(signed.fields)
        decision = statements.decision_from(fields, digest=signed.digest, key="", signature=signed.signature)
        votes = tuple(
            (_vote(one), one) for one in _numbered(at, head + "vote-", len(fields.get("votes", ())))
        )
        overrides = tuple(
            (_override(one), one)
            for one in _numbered(at, head + "override-", len(fields.get("overrides", ())))
        )
        return cls(
            path=path,
            request=statements.request_from(parts["request"], at=decision.at),
            material=parts["assessment"],
            rules=parts["rules"],
            digests=digests,
            decision=decision,
            signed=signed,
            votes=votes,
            overrides=overrides,
        )

    @property
    def files(self) -> set[str]:
        """The paths of all its files, as `records.decision_files` writes them."""
        head = self.path.removesuffix("decision.json")
        signed = ["decision", *(f"vote-{place:02d}" for place in range(1, len(self.votes) + 1))]
        signed += [f"override-{place:02d}" for place in range(1, len(self.overrides) + 1)]
        plain = {f"{head}{name}.json" for name in ("request", "assessment", "rules")}
        return plain | {f"{head}{name}{suffix}" for name in signed for suffix in (".json", ".sig")}

    def check(self, before: State, *, root: str, verify: Verify, fail: Fail) -> list[bytes]:
        """Hold the decision against the state in force when it was taken; `fail` never returns.

        Gives what each of its parts is known by from here on, `signing.fingerprint`.
        """
        keys = self.check_signed(before, root=root, verify=verify, fail=fail)
        if self.decision.result == "confirmed":
            self._check_confirmation(before, fail)
        else:
            self._check_counted(before, fail)
        parts: list[signing.Part] = [
            *(vote for vote, _signed in self.votes),
            *(one for one, _signed in self.overrides),
        ]
        signed = zip([*parts, self.decision], keys, strict=True)
        return [signing.fingerprint(part, kind=self.request.kind, key=key) for part, key in signed]

    def _check_counted(self, before: State, fail: Fail) -> None:
        chosen = self._check_policy(before, fail)
        board = statements.board_from({**self.rules["board"], "level": "draft"})
        if self._for_the_chair(chosen) and not board.presides(self.decision.by, self.decision.at):
            fail(
                f"It was decided by {self.decision.by}, who was not the chair and did not stand in.",
                f"chair is {board.chair}",
            )
        outcome = self.counted(before)
        if self.decision.result != "deferred" and outcome.result != self.decision.result:
            unmet = [one.title for one in outcome.requirements if one.status == "unsatisfied"]
            fail(
                f"Counting the votes again gives '{outcome.result}', not '{self.decision.result}'.",
                f"unsatisfied: {', '.join(unmet) or 'none'}",
            )

    def counted(self, before: State) -> Outcome:
        """What the votes come to, counted again from the files alone under the rules beside them."""
        consenters = list(self.material.get("voters", ()))
        return counting.replayed(
            self.request,
            statements.policy_from({**self.rules["policy"], "level": "draft"}),
            statements.board_from({**self.rules["board"], "level": "draft"}),
            self.decision,
            votes=[vote for vote, _signed in self.votes],
            overrides=[override for override, _signed in self.overrides],
            consenters=consenters,
            groups=before.groups_of(consenters),
        )

    def check_signed(self, known: Keyring, *, root: str, verify: Verify, fail: Fail) -> list[str]:
        """Hold every digest and signature against the keys of those who signed; `fail` never returns.

        Gives the key of each vote, each override and the decision.
        """
        self._check_digests(root, fail)
        return self._check_signatures(known, verify, fail)

    def _for_the_chair(self, chosen: Policy) -> bool:
        """Whether only the chair could take it: by the policy, putting it off, or ending the voting early."""
        early = self.decision.closed and not chosen.deadline
        return chosen.decides == "chair" or self.decision.result == "deferred" or early

    def _check_digests(self, root: str, fail: Fail) -> None:
        about = (self.decision.content, self.decision.assessment, self.decision.policy)
        named = tuple(self.digests[name] for name in ("request", "assessment", "rules"))
        if about != named:
            fail("The decision is not about what stands beside it.", f"decided {about}, files {named}")
        folder = request_folder(self.request.id)
        if self.decision.request != self.request.id or not self.path.startswith(f"{folder}/"):
            fail("The decision stands among the records of another request.", self.path)
        if self.decision.votes != tuple(signed.digest for _vote, signed in self.votes):
            fail("The votes are not those the decision lists.", self.path)
        if self.decision.overrides != tuple(signed.digest for _one, signed in self.overrides):
            fail("The overrides are not those the decision lists.", self.path)
        for one in (self.signed, *(signed for _value, signed in (*self.votes, *self.overrides))):
            fields, kind = one.fields, self.request.kind
            of = (fields.get("site"), fields.get("request"), fields.get("kind", kind))
            if of != (root, self.request.id, kind):
                fail("A statement was made for another site or request.", one.digest)

    def _check_signatures(self, before: Keyring, verify: Verify, fail: Fail) -> list[str]:
        statements_made = [
            *((vote.voter, VOTE_NAMESPACE, signed, "vote") for vote, signed in self.votes),
            *((one.by, OVERRIDE_NAMESPACE, signed, "override") for one, signed in self.overrides),
            (self.decision.by, DECISION_NAMESPACE, self.signed, "decision"),
        ]
        signers = []
        for person, namespace, signed, what in statements_made:
            try:
                key = verify(signed.data, signed.signature, namespace=namespace, keys=before.keys(person))
                signers.append(key)
            except CmdbError as wrong:
                fail(
                    f"The {what} of {person} is not signed by a key registered for {person} at that time.",
                    f"{signed.digest}: {wrong.reason}",
                )
        return signers

    def _check_confirmation(self, before: State, fail: Fail) -> None:
        """The chair's word on a decision already taken: same request, same round, same content."""
        board = before.board(self.decision.board)
        if board is None or not board.presides(self.decision.by, self.decision.at):
            fail(f"{self.decision.by}, who confirmed it, was not the chair.", self.decision.board)
        for path in before.decisions(self.request.id):
            earlier = Decided.read(before, path).decision
            same = (earlier.round, earlier.content) == (self.decision.round, self.decision.content)
            if earlier.result == "carried" and same:
                return
        fail("What was confirmed was never decided.", self.path)

    def _check_policy(self, before: State, fail: Fail) -> Policy:
        policies = before.policies()
        scopes = {one.scope for one in policies if one.scope}
        try:
            chosen = policy.select(policies, before.matter_of(self.request, self.material, scopes))
        except CmdbError as none:
            fail("No policy in force decides about it.", none.reason)
        board = before.board(chosen.board)
        if board is None:
            fail(f"The board '{chosen.board}' did not exist.", chosen.id)
        if statements.rules_digest(chosen, board) != self.digests["rules"]:
            fail(
                "It was decided under other rules than those in force.",
                f"in force: policy {chosen.id}, decided under {self.decision.policy_id}",
            )
        return chosen


class Decisions:
    """The decisions of a library, each read once however often it is asked for; the newest are kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Mapping[str, str], Decided]] = OrderedDict()

    def read(self, at: State, path: str) -> Decided:
        """The decision at a path, its files read together. Raises Corrupt when one is missing."""
        head = path.removesuffix("decision.json")
        listed = at.vault.paths(at.commit, head.rpartition("/")[0])
        files = {name: oid for name, oid in listed if name.startswith(head)}
        if path in self._known and self._known[path][0] == files:
            return self._known[path][1]
        at.take(files)
        found = Decided.read(at, path)
        self._known[path] = files, found
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found


def _needed(at: Files, path: str) -> bytes:
    data = at.file(path)
    if data is None:
        raise Corrupt(f"The library has no '{path}'.", "Run 'cmdb verify' on another copy.")
    return data


def _signed(at: Files, stem: str) -> Signed:
    data = _needed(at, f"{stem}.json")
    form, fields = canonical.decode(data)
    signature = _needed(at, f"{stem}.sig").decode("ascii", "replace")
    return Signed(data=data, fields=fields, digest=canonical.digest(form, data), signature=signature)


def _numbered(at: Files, stem: str, count: int) -> list[Signed]:
    return [_signed(at, f"{stem}{number:02d}") for number in range(1, count + 1)]


def _vote(signed: Signed) -> Vote:
    return statements.vote_from(signed.fields, digest=signed.digest, key="", signature=signed.signature)


def _override(signed: Signed) -> Override:
    return statements.override_from(signed.fields, digest=signed.digest, key="", signature=signed.signature)
