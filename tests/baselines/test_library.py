"""The library: both stores change at one point or not at all, on SQLite and on PostgreSQL."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baselines import establish, library, tables
from baselines.library import Draft, Library
from baselines.model import Baseline, LibraryCommit
from baselines.vault import Vault
from ccb.ballot import Board, Policy
from cmdb import canonical, journal, records, roles, signatures
from cmdb.errors import Corrupt, Refused
from cmdb.model import ItemType, Person
from cmdb.store import Store, UnitOfWork
from tests.conftest import Keys

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
ANNE = Person(id="a.vries", name="Anne de Vries", email="anne@harbour.example", login="anne")


@pytest.fixture
def made(store: Store, tmp_path: Path) -> Iterator[Library]:
    with Library(store, Vault.create(tmp_path / "library.git")) as one:
        yield one


def found(made: Library, keys: Keys) -> Baseline:
    return establish.found(made, founder=ANNE, key=keys.private("a.vries"), at=AT, name="Harbour")


def nothing(uow: UnitOfWork, commit: LibraryCommit) -> None:
    """A writer with no rows of its own."""


def draft_of(files: Mapping[str, bytes | None]) -> Callable[[UnitOfWork, LibraryCommit | None], Draft]:
    return lambda _uow, _newest: Draft(files=files.items(), subject="Test")


def change(made: Library, keys: Keys, files: Mapping[str, bytes | None], **more: Any) -> LibraryCommit:
    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        establish.enter_baseline(uow, commit, title="Test")

    return library.commit_point(
        made,
        kind="baseline",
        draft=more.pop("draft", draft_of(files)),
        enter=more.pop("enter", enter),
        author=ANNE,
        key=keys.private("a.vries"),
        at=AT,
        request="CR-1",
        **more,
    )


def state(made: Library) -> tuple[Any, ...]:
    with made.store.read() as uow:
        counts = [
            uow.rows(f"SELECT COUNT(*) FROM {table}") for table in ("journal", "baseline", "library_commit")
        ]
    return (made.vault.head(), made.vault.tags(), made.vault.pending_names(), counts)


def test_a_new_site_has_one_signed_commit_that_holds_everything_it_controls(
    made: Library, keys: Keys
) -> None:
    first = found(made, keys)
    with made.store.read() as uow:
        assert tables.baseline_in_force(uow) == first
        assert uow.rows("SELECT root FROM site") == [(first.commit,)]
        person = uow.get(Person, "a.vries")
        held = {
            **{
                records.path_of("person", one.id): records.encoded("person", records.person_fields(one))
                for one in uow.all(Person)
            },
            **{
                records.path_of("type", one.id): records.encoded("type", records.type_fields(one))
                for one in uow.all(ItemType)
            },
        }
        assert uow.all(Board)
        assert {one.decision for one in uow.all(Policy)} == {"change", "baseline", "promotion", "release"}
        roles.require(uow, "a.vries", "register people", at=AT)
        assert journal.chain_problem(uow) is None
    for path, data in held.items():
        assert made.vault.read(first.commit, path) == data
    paths = {path.split("/")[0] for path, _ in made.vault.paths(first.commit)}
    assert paths == {"site.json", "people", "groups", "types", "kinds", "boards", "policies"}
    for path, data in read_all(made, first.commit).items():
        form, fields = canonical.decode(data)
        assert canonical.encode(form, fields) == data, path
    tag = made.vault.tag(first.tag)
    assert [key.text for key in person.keys] == [
        signatures.verify(tag.payload, tag.signature, namespace="git", keys=[keys.public("a.vries")])
    ]
    assert (first.id, first.parent, made.vault.head()) == ("BL-000000", "", first.commit)


def test_a_site_is_founded_once(made: Library, keys: Keys) -> None:
    found(made, keys)
    before = state(made)
    with pytest.raises(Refused, match="founded already"):
        found(made, keys)
    assert state(made) == before


def test_a_second_baseline_archives_the_first_and_both_stay_readable(made: Library, keys: Keys) -> None:
    first = found(made, keys)
    path = records.path_of("group", "cm-group")
    commit = change(made, keys, {path: None})
    with made.store.read() as uow:
        old, new = uow.get(Baseline, first.id), uow.get(Baseline, commit.name)
        assert (old.replaced_by, old.archived, new.archived) == ("BL-000001", True, False)
        assert (new.parent, new.request, new.journal) == (first.commit, "CR-1", journal_hash(uow, 1))
        assert tables.commit_of(uow, commit.commit) == commit == tables.commit_named(uow, "BL-000001")
        assert tables.baseline_ids(uow) == ["BL-000001", "BL-000000"]
    group = library.record_at(made, first.commit, "group", "cm-group")
    assert group is not None
    assert group["lead"] == "a.vries"
    assert library.record_at(made, commit.commit, "group", "cm-group") is None
    found_versions = list(library.versions(made, "group", "cm-group", head=commit.commit))
    assert [(one.baseline, one.request, one.fields) for one in found_versions] == [
        ("BL-000001", "CR-1", None),
        ("BL-000000", "", group),
    ]
    trailers = dict(made.vault.tag(commit.tag).trailers)
    assert trailers["Journal"] == new.journal
    assert trailers["Actor"] == "a.vries"


def test_a_refusal_inside_the_transaction_leaves_both_stores_as_they_were(made: Library, keys: Keys) -> None:
    found(made, keys)
    before = state(made)

    def refuse(uow: UnitOfWork, commit: LibraryCommit) -> None:
        establish.enter_baseline(uow, commit, title="x")
        raise Refused("No.", "Ask.")

    with pytest.raises(Refused, match=r"^No\."):
        change(made, keys, {"items/a.json": b"{}\n"}, enter=refuse)
    assert state(made) == before


def test_a_writer_who_lost_the_race_drafts_again_over_the_winner(made: Library, keys: Keys) -> None:
    found(made, keys)
    drafts: list[str] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        assert newest is not None
        drafts.append(newest.name)
        return Draft(files=[("items/mine.json", newest.name.encode())], subject="Mine")

    def race(step: str) -> None:
        if step == "prepared" and len(drafts) == 1:
            change(made, keys, {"items/theirs.json": b"1\n"})

    mine = change(made, keys, {}, draft=draft, steps=race)
    assert drafts == ["BL-000000", "BL-000001"]
    assert made.vault.read(mine.commit, "items/mine.json") == b"BL-000001"
    assert made.vault.read(mine.commit, "items/theirs.json") == b"1\n"


def test_records_are_only_added(made: Library, keys: Keys) -> None:
    found(made, keys)

    def add(path: str) -> LibraryCommit:
        return library.add_records(
            made,
            lambda _uow: {path: b"{}\n"},
            subject="Minutes",
            author=ANNE,
            key=keys.private("a.vries"),
            at=AT,
            enter=nothing,
        )

    kept = add("records/minutes/m-1.json")
    assert (kept.name, kept.tag) == ("REC-000001", "")
    signed = made.vault.commit(kept.commit)
    signatures.verify(signed.payload, signed.signature, namespace="git", keys=[keys.public("a.vries")])
    with pytest.raises(Refused, match="already"):
        add("records/minutes/m-1.json")
    assert made.vault.head() == kept.commit


def test_a_library_ahead_of_its_database_is_read_but_not_written(made: Library, keys: Keys) -> None:
    first = found(made, keys)
    loose = made.vault.prepare(
        [("x.json", b"1\n")],
        name="BL-000001",
        parent=first.commit,
        author=ANNE,
        at=AT,
        subject="Ahead",
        trailers={},
        key=keys.private("a.vries"),
    )
    with made.vault.locked() as lock:
        made.vault.settle(loose, lock=lock)
    with pytest.raises(Refused) as refused:
        change(made, keys, {"items/a.json": b"{}\n"})
    assert "rebuild --forward" in refused.value.remedy
    assert library.record_at(made, first.commit, "person", "a.vries") is not None


def test_the_order_of_a_commit_point_is_the_one_the_rules_give(made: Library, keys: Keys) -> None:
    found(made, keys)
    heard: list[str] = []
    commit = change(made, keys, {"items/a.json": b"{}\n"}, steps=heard.append)
    assert heard == ["prepared", "locked", "settled", "entered", "pending", "committed", "moved"]
    assert not library.settle(made)
    done = subprocess.run(
        ["git", f"--git-dir={made.vault.path}", "fsck", "--full", "--strict", "--no-dangling"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert commit.commit == made.vault.head()


def test_tidying_changes_nothing_anybody_reads_or_has_prepared(made: Library, keys: Keys) -> None:
    first = found(made, keys)
    commits = [change(made, keys, {f"items/{n}.json": b"%d\n" % n}) for n in range(5)]
    prepared = made.vault.prepare(
        [("items/waiting.json", b"w\n")],
        name="BL-000006",
        parent=commits[-1].commit,
        author=ANNE,
        at=AT,
        subject="Prepared before, entered after",
        trailers={},
        key=keys.private("a.vries"),
    )
    with Vault.open(made.vault.path) as reader:
        before = [reader.read(commits[-1].commit, f"items/{n}.json") for n in range(5)]
        for _ in range(2):
            library.tidy(made)
            assert [reader.read(commits[-1].commit, f"items/{n}.json") for n in range(5)] == before
            assert reader.read(prepared.commit, "items/waiting.json") == b"w\n"
            assert reader.head() == commits[-1].commit
        packs = list(made.vault.path.joinpath("objects/pack").glob("*.pack"))
        assert len(packs) < 4
        assert reader.history("items/3.json", commits[-1].commit) == (commits[3].commit,)
        later = change(made, keys, {"items/3.json": None})
        assert reader.history("items/3.json", later.commit) == (later.commit, commits[3].commit)
        assert reader.is_ancestor(first.commit, later.commit)


def journal_hash(uow: UnitOfWork, sequence: int) -> str:
    return str(uow.rows("SELECT hash FROM journal WHERE sequence = ?", sequence)[0][0])


def read_all(made: Library, commit: str) -> dict[str, bytes]:
    names = list(made.vault.paths(commit))
    return dict(zip((path for path, _ in names), made.vault.contents(oid for _, oid in names), strict=True))


def test_a_copy_of_the_library_beside_the_one_is_written_by_nobody_and_nothing_is_lost(made, keys, tmp_path):
    found(made, keys)
    copy = tmp_path / "copy.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", made.vault.path, copy], check=True)
    first = change(made, keys, {"items/one.json": b"one"})
    with Library(made.store, Vault.open(copy)) as beside:
        for _ in range(2):
            with pytest.raises(Corrupt, match=f"a copy beside the one: it lacks {first.name}") as told:
                change(beside, keys, {"items/two.json": b"two"})
        assert "one library, which every writer reaches" in told.value.remedy
    second = change(made, keys, {"items/two.json": b"two"})
    assert second.parent == first.commit
    assert made.vault.find(second.commit, "items/one.json") == b"one"
