"""A decision and its record in the library appear together, with every file anybody needs to check it."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from baselines import decisions, establish, library
from baselines.library import Library
from baselines.records import request_folder
from baselines.vault import Vault
from ccb import board, requests, tables
from ccb.model import ChangeDraft, ProposedChange, Window
from ccb.signing import Act
from cmdb import canonical
from cmdb.errors import Refused
from cmdb.model import Person
from cmdb.store import Store
from tests.conftest import Keys

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
ANNE = Person(id="a.vries", name="Anne de Vries", login="anne")


@dataclass
class Site:
    """A founded site with one person, who is the whole board."""

    library: Library
    key: Path
    root: str

    @property
    def store(self) -> Store:
        return self.library.store

    def referred(self) -> str:
        """A request that lies before the site board."""
        draft = ChangeDraft(
            title="Name the CM group",
            reason="So that people find it",
            changes=(
                ProposedChange(record="group", id="cm-group", operation="set", exact={"name": "Keepers"}),
            ),
            window=Window(start=AT + timedelta(hours=1), end=AT + timedelta(hours=2)),
            backout="set it back",
            test="look at it",
        )
        request = requests.new(self.store, draft, actor="a.vries", at=AT)
        requests.submit(self.store, request.id, actor="a.vries", at=AT)
        requests.assess(self.store, request.id, actor="a.vries", at=AT)
        board.refer(self.store, request.id, actor="a.vries", at=AT)
        return request.id

    def vote(self, request: str, value: str = "approve", reason: str = "") -> Act:
        return board.vote(
            self.store, request, voter="a.vries", value=value, reason=reason, key=self.key, at=AT
        )


@pytest.fixture
def site(store: Store, tmp_path: Path, keys: Keys) -> Iterator[Site]:
    key = keys.private("a.vries")
    with Library(store, Vault.create(tmp_path / "library.git")) as made:
        first = establish.found(made, founder=ANNE, key=key, at=AT, name="Harbour")
        yield Site(library=made, key=key, root=first.commit)


def test_the_vote_that_completes_a_decision_is_in_the_library_with_it(
    site: Site, tmp_path: Path, keys: Keys
) -> None:
    id = site.referred()
    request = decisions.enter(site.library, site.vote(id), key=site.key, at=AT)
    assert request.state == "approved"
    with site.store.read() as uow:
        (decision,) = tables.decisions_of(uow, id)
        (vote,) = tables.votes_of(uow, id)
    commit = site.library.vault.commit(decision.record)
    assert (commit.trailer("Request"), commit.trailer("Decision")) == (id, decision.digest)
    assert site.library.vault.head() == decision.record

    folder = request_folder(id)
    changes = list(site.library.vault.changes(commit.parents[0], commit.id))
    assert {one.operation for one in changes} == {"added"}
    held = {one.path: site.library.vault.read(commit.id, one.path) for one in changes}
    assert held.keys() == {
        f"{folder}/1-{name}"
        for name in (
            "request.json",
            "assessment.json",
            "rules.json",
            "vote-01.json",
            "vote-01.sig",
            "decision.json",
            "decision.sig",
        )
    }
    digests = {
        path: canonical.digest(canonical.decode(data)[0], data)
        for path, data in held.items()
        if path.endswith(".json")
    }
    assert [
        digests[f"{folder}/1-{name}.json"]
        for name in ("request", "assessment", "rules", "vote-01", "decision")
    ] == [
        decision.content,
        decision.assessment,
        decision.policy,
        vote.digest,
        decision.digest,
    ]
    # Without this program: the tool alone accepts what stands in the folder.
    signers = tmp_path / "signers"
    signers.write_text(f"a.vries {keys.public('a.vries')}\n")
    for name, namespace in (("vote-01", "vote@cmdb"), ("decision", "decision@cmdb")):
        block = tmp_path / f"{name}.sig"
        block.write_bytes(held[f"{folder}/1-{name}.sig"])
        subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "a.vries", "-n", namespace, "-s", block],
            input=held[f"{folder}/1-{name}.json"],
            check=True,
            capture_output=True,
        )


def test_a_lost_decision_is_kept_as_well(site: Site) -> None:
    id = site.referred()
    request = decisions.enter(site.library, site.vote(id, "reject", "not now"), key=site.key, at=AT)
    assert request.state == "rejected"
    with site.store.read() as uow:
        (decision,) = tables.decisions_of(uow, id)
    assert site.library.vault.head() == decision.record


def test_an_act_that_moved_changes_neither_store(site: Site) -> None:
    id = site.referred()
    act = site.vote(id)
    decisions.enter(site.library, act, key=site.key, at=AT)
    head = site.library.vault.head()
    with pytest.raises(Refused):
        decisions.enter(site.library, act, key=site.key, at=AT)
    assert site.library.vault.head() == head
    assert site.library.vault.pending_names() == {}
    assert not library.settle(site.library)
