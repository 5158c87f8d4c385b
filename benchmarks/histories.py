"""A long history written as the product writes it, only faster: many requests with their votes to a pack.

Every request has ten signed votes and a decision in a record commit, then its check-in with a signed tag.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from baselines import records, vault_objects, vault_pack
from baselines.vault_git import Git, Reader
from ccb import statements
from ccb.ballot import Board, Decision, Policy, Vote
from ccb.model import ChangeRequest, Evidence, ProposedChange, Window
from cmdb import canonical
from cmdb.model import Person
from cmdb.places import path_of

BEGAN = datetime(2016, 1, 4, 9, tzinfo=UTC)
MEMBERS = tuple(f"m{number:02d}" for number in range(1, 11))
SIGNATURES = len(MEMBERS) + 3  # of one request: the votes, the decision, its commit and the tag
ITEMS = 1_000
AT_ONCE = 500  # requests to a pack
MATERIAL = canonical.encode(statements.ASSESSMENT, {"risk": "low", "voters": ["owner"]})


@dataclass
class Signer:
    """A key that signs in memory what ssh-keygen would: the same bytes, a hundred times faster."""

    path: Path
    blob: bytes = b""
    key: Ed25519PrivateKey | None = None

    def sign(self, statement: bytes, namespace: str) -> str:
        """Give the armoured signature of a statement."""
        if self.key is None:
            loaded = load_ssh_private_key(self.path.read_bytes(), None)
            assert isinstance(loaded, Ed25519PrivateKey)
            self.key, self.blob = loaded, _wire(b"ssh-ed25519", loaded.public_key().public_bytes_raw())
        about = (namespace.encode(), b"", b"sha512")
        made = self.key.sign(b"SSHSIG" + _wire(*about, sha512(statement).digest()))
        whole = b"SSHSIG\0\0\0\1" + _wire(self.blob, *about, _wire(b"ssh-ed25519", made))
        text = b64encode(whole).decode()
        lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
        return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"


class _Gathered(vault_pack.Pack):
    """A pack that remembers its folders, for the next commit of the same pack."""

    def __init__(self, folder: Path, trees: dict[str, bytes]) -> None:
        super().__init__(folder)
        self._trees = trees

    def add(self, kind: str, data: bytes) -> str:
        oid = super().add(kind, data)
        if kind == "tree":
            self._trees[oid] = data
        return oid


class _Remembering(Reader):
    """A reader that also knows the folders no pack holds yet."""

    def __init__(self, runner: Git) -> None:
        super().__init__(runner)
        self.trees: dict[str, bytes] = {}

    def read(self, oid: str) -> tuple[str, bytes]:
        return ("tree", self.trees[oid]) if oid in self.trees else super().read(oid)


@dataclass
class History:
    """The end of a history that grows: its newest commit, and what is needed to go on."""

    folder: Path
    site: str
    root: str
    policy: Policy
    board: Board
    head: str
    tree: str
    baseline: int
    commits: int
    people: Mapping[str, Person]
    signers: Mapping[str, Signer]
    items: Mapping[str, dict[str, Any]]  # the record of each, as it was first agreed on
    moves: list[str] = field(default_factory=list)

    def grow(self, first: int, count: int) -> None:
        """Write so many requests with their votes, decisions and check-ins in one pack."""
        vault = self.folder / "library.git"
        runner = Git(vault)
        reader = _Remembering(runner)
        with _Gathered(vault, reader.trees) as pack:
            for number in range(first, first + count):
                self._decide(pack, reader, number)
            pack.store(runner)
        reader.close()

    def _decide(self, pack: vault_pack.Pack, reader: Reader, number: int) -> None:
        at = BEGAN + timedelta(hours=8 * number)
        turn, place = divmod(number, ITEMS)
        id = f"item-{place:04d}"
        request = _request(number, id, turn, at)
        files, decision = self._files(request, at)
        record = self._commit(
            pack,
            reader,
            files,
            {"Record": f"REC-{self.commits:06d}", "Decision": decision},
            request,
            "m01",
            at,
        )
        done = at + timedelta(hours=2)
        model = {**self.items[id]["characteristics"], "model": f"M-{turn + 1}"}
        fields = canonical.encode("item/1", {**self.items[id], "characteristics": model})
        named = {"Baseline": f"BL-{self.baseline:06d}", "Decision": record}
        self._commit(pack, reader, {path_of("item", id): fields}, named, request, "owner", done)

    def _files(self, request: ChangeRequest, at: datetime) -> tuple[dict[str, bytes], str]:
        content = canonical.encode(statements.REQUEST, statements.content_of(request))
        rules = canonical.encode(statements.RULES, statements.rules_of(self.policy, self.board))
        evidence = [
            Evidence(digest=canonical.digest(form, data), form=form, text=data.decode())
            for form, data in (
                (statements.REQUEST, content),
                (statements.ASSESSMENT, MATERIAL),
                (statements.RULES, rules),
            )
        ]
        about = dict(zip(("content", "assessment", "policy"), (one.digest for one in evidence), strict=True))
        same = {"request": request.id, "board": "port", "round": 1, "at": at, "key": ""}
        votes: list[Vote] = []
        for place, member in enumerate(MEMBERS, start=1):
            vote = Vote(
                digest="",
                voter=member,
                seat=member,
                capacity="member",
                value="approve",
                sequence=place,
                previous=votes[-1].digest if votes else "",
                signature="",
                **about,
                **same,
            )
            made = statements.vote_statement(vote, site=self.root, kind=request.kind)
            votes.append(vote.but(**self._signed(statements.VOTE, made, member, statements.VOTE_NAMESPACE)))
        decision = Decision(
            digest="",
            by="m01",
            result="carried",
            policy_id="port-change",
            votes=tuple(one.digest for one in votes),
            signature="",
            **about,
            **same,
        )
        made = statements.decision_statement(decision, site=self.root, kind=request.kind)
        decision = decision.but(
            **self._signed(statements.DECISION, made, "m01", statements.DECISION_NAMESPACE)
        )
        files = records.decision_files(
            decision,
            number=1,
            site=self.root,
            kind=request.kind,
            votes=votes,
            overrides=(),
            evidence=evidence,
        )
        return files, decision.digest

    def _signed(self, form: str, fields: Mapping[str, Any], person: str, namespace: str) -> dict[str, str]:
        data = canonical.encode(form, fields)
        return {
            "digest": canonical.digest(form, data),
            "signature": self.signers[person].sign(data, namespace),
        }

    def _commit(
        self,
        pack: vault_pack.Pack,
        reader: Reader,
        files: Mapping[str, bytes],
        named: Mapping[str, str],
        request: ChangeRequest,
        actor: str,
        at: datetime,
    ) -> str:
        changes = vault_pack.Changes(pack, reader)
        changes.gather(files.items())
        self.tree = changes.tree(self.tree)
        who = vault_objects.stamp(self.people[actor], at)
        trailers = {
            **{name: said for name, said in named.items() if name != "Decision"},
            "Request": request.id,
            "Actor": actor,
            "Site": self.site,
            "Journal": "0" * 64,
            "Decision": named["Decision"],
        }
        words = vault_objects.message(request.title, trailers)
        text = vault_objects.commit_text(self.tree, self.head, who, words)
        if "Record" in named:
            signature = self.signers[actor].sign(text, "git")
            self.head = pack.add("commit", vault_objects.signed_commit(text, signature))
        else:
            self.head = pack.add("commit", text)
            tagged = vault_objects.tag_text(self.head, named["Baseline"], who, words)
            tag = pack.add("tag", tagged + self.signers[actor].sign(tagged, "git").encode())
            self.moves.append(f"create refs/tags/{named['Baseline']} {tag}\n")
            self.baseline += 1
        self.commits += 1
        return self.head


def _request(number: int, id: str, turn: int, at: datetime) -> ChangeRequest:
    change = ProposedChange(
        record="item",
        id=id,
        operation="set",
        exact={"model": f"M-{turn + 1}"},
        seen={"model": f"M-{turn}"},
    )
    return ChangeRequest(
        id=f"CR-{number + 2}",
        kind="normal",
        title=f"Renew {id}",
        reason="end of support",
        originator="owner",
        implementer="owner",
        changes=(change,),
        window=Window(start=at + timedelta(hours=1), end=at + timedelta(hours=4)),
        backout="put it back",
        test="ping",
        created_at=at,
        changed_at=at,
    )


def _wire(*parts: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in parts)
