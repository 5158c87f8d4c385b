"""Documents as candidates: who may keep them, what they name, and the bytes that wait for a check-in."""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cmdb import attachments, document_points, document_records, documents
from cmdb.errors import Corrupt, Invalid, NotFound, Refused
from cmdb.model import Contact, Entry, Group, Party, Person, RoleGrant
from cmdb.store import Store, UnitOfWork
from cmdb.written import ATTACHMENT_LIMIT, ATTACHMENTS, Attachment, Document

NOW = datetime(2026, 11, 22, 21, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}
MINE: dict[str, Any] = {"actor": "k.chen", "at": NOW}


def content(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def read(uow: UnitOfWork, named: Mapping[str, Any]) -> bytes:
    found = attachments.waiting(uow, named)
    assert found is not None
    return b"".join(found.pieces)


def plan(**changes: Any) -> Document:
    given: dict[str, Any] = {"id": "plan", "kind": "CM plan", "title": "Plan for mail", "owner": "k.chen"}
    return Document(**{**given, **changes})


def prepared(store: Store) -> Store:
    with store.write() as uow:
        for id in ("a.vries", "k.chen", "p.ng"):
            uow.add(Person(id=id, name=id))
        uow.add(Person(id="gone", name="Gone", active=False))
        uow.add(RoleGrant(id="cm", person="a.vries", role="CM group", start=NOW - timedelta(days=9)))
        uow.add(Group(id="network", name="Network", lead="p.ng", members=("k.chen", "gone")))
        uow.add(Party(id="harbour", name="Harbour", contacts=(Contact(name="Jo", email="jo@x.nl"),)))
        uow.add(Party(id="mute", name="Mute"))
        uow.commit()
    return store


@pytest.fixture
def site(store: Store) -> Store:
    return prepared(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    return prepared(sqlite_store)


def put(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def held(store: Store, id: str = "plan") -> Document:
    with store.read() as uow:
        return uow.get(Document, id)


@pytest.mark.parametrize("data", [b"", b"\0\xff" * 7, os.urandom(3 * (1 << 20) + 1)])
def test_bytes_wait_as_they_are_and_are_counted_and_digested(
    site: Store, tmp_path: Path, data: bytes
) -> None:
    made = documents.register(site, plan(), {"a.bin": put(tmp_path, "x", data)}, **BY)
    assert made.attachments == (Attachment(name="a.bin", **content(data)),)
    assert held(site) == made
    with site.read() as uow:
        assert read(uow, content(data)) == data
        assert list(attachments.damaged(uow)) == []


def test_bytes_changed_or_lost_in_the_database_are_named_and_never_handed_out(
    site: Store, tmp_path: Path
) -> None:
    documents.register(site, plan(), {"a.bin": put(tmp_path, "x", b"whole")}, **BY)
    for change in ("UPDATE kept_piece SET data = data || data", "DELETE FROM kept_piece"):
        with site.write() as uow:
            uow.rows(change)
            with pytest.raises(Corrupt, match="changed there"):
                attachments.waiting(uow, content(b"whole"))
            assert [digest for digest, _ in attachments.damaged(uow)] == [content(b"whole")["sha256"]]
    with site.write() as uow:
        uow.rows("DELETE FROM kept_file")
        assert "nobody kept" in next(attachments.damaged(uow))[1]


def test_bringing_the_file_again_mends_damaged_bytes(site: Store, tmp_path: Path) -> None:
    file = put(tmp_path, "x", b"whole")
    documents.register(site, plan(), {"a.bin": file}, **BY)
    with site.write() as uow:
        uow.rows("DELETE FROM kept_piece")
        uow.commit()
    documents.keep(site, {file: content(b"whole")}, **MINE)
    with site.read() as uow:
        assert read(uow, content(b"whole")) == b"whole"


def test_what_is_no_plain_file_or_too_large_is_refused_and_leaves_nothing(
    local: Store, tmp_path: Path
) -> None:
    documents.register(local, plan(), {}, **BY)
    huge = tmp_path / "huge"
    with huge.open("wb") as out:
        out.truncate(ATTACHMENT_LIMIT + 1)
    os.mkfifo(tmp_path / "pipe")
    for path in (huge, tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(Invalid):
            documents.attach(local, "plan", {"x": path}, **MINE)
    with pytest.raises(NotFound):
        documents.attach(local, "plan", {"x": tmp_path / "absent"}, **MINE)
    assert held(local).attachments == ()
    with local.read() as uow:
        assert uow.rows("SELECT COUNT(*) FROM kept_file") == [(0,)]


def test_a_link_is_followed_where_a_person_names_it_and_nowhere_else(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(put(tmp_path, "x", b"1"))
    assert attachments.measure(link) == content(b"1")
    with pytest.raises(Invalid, match="a link"):
        attachments.measure(link, follow=False)


def test_a_file_that_is_another_than_was_measured_is_refused(local: Store, tmp_path: Path) -> None:
    file = put(tmp_path, "x", b"later")
    with pytest.raises(Refused, match="changed while it was read"):
        documents.keep(local, {file: content(b"measured")}, **MINE)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-rf", " x", "x ", "a\nb", "a\0b", "\u202ex"),
        *("e\u0301.txt", "\ud800", "\N{SNOWMAN}" * 60, "n" * 201),
    ],
)
def test_a_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        Attachment(name=name, **content(b""))


@pytest.mark.parametrize("name", ["plan.pdf", "Plan 2026 (final).docx", "é.txt", "a:b", "100%.txt", "%2E%2E"])
def test_an_ordinary_name_is_kept(name: str) -> None:
    assert Attachment(name=name, **content(b"")).name == name


@pytest.mark.parametrize(
    "wrong",
    [{"sha256": "x", "size": 1}, {"sha256": "0" * 64, "size": -1}, {"sha256": "0" * 64, "size": True}],
)
def test_content_that_names_no_bytes_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Attachment(name="x", **wrong)


def test_a_document_names_every_problem_of_it_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        Document(
            id="Not An Id", kind="", title="", owner="", review="soon", distribution=("board:main", "group:"),
            services=("a", "a"), covers={"": "page 1", "scope": ""}, status="lost",
            attachments=tuple(Attachment(name=one, **content(b"")) for one in ("A.txt", "a.txt")),
        )  # fmt: skip
    said = " ".join(refused.value.problems)
    for word in ("no id", "kind is empty", "title is empty", "owner is missing", "no date", "'board:main'"):
        assert word in said
    for word in ("'group:'", "listed twice", "A point is empty", "status", "Two attachments are called"):
        assert word in said


def test_a_document_has_no_more_attachments_than_can_be_looked_through() -> None:
    many = tuple(Attachment(name=f"{one}.txt", **content(b"")) for one in range(ATTACHMENTS + 1))
    with pytest.raises(Invalid) as refused:
        plan(attachments=many)
    assert "at most 100" in refused.value.problems[0]


def test_what_a_document_names_has_to_be_there(local: Store) -> None:
    with pytest.raises(Invalid) as refused:
        documents.register(
            local,
            plan(owner="gone", services=("none",), distribution=("group:none", "party:harbour", "person:x")),
            {},
            **BY,
        )
    assert refused.value.problems == (
        "Gone is not active any more, and cannot own it.",
        "There is no service 'none'.",
        "There is no group 'none' to distribute it to.",
        "There is no person 'x' to distribute it to.",
    )


def test_who_may_register_and_who_may_change_a_candidate(local: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="keep documents"):
        documents.register(local, plan(), {}, **MINE)
    documents.register(local, plan(), {}, **BY)
    with pytest.raises(Invalid, match="not valid"):
        documents.register(local, plan(), {}, **BY)
    assert documents.amend(local, plan(title="Mine"), {}, **MINE).title == "Mine"
    with pytest.raises(Refused):
        documents.amend(local, plan(title="Not mine"), {}, actor="p.ng", at=NOW)
    with local.write() as uow:
        uow.rows("UPDATE document SET level = 'baselined'")
        uow.commit()
    with pytest.raises(Refused, match="only by an approved request"):
        documents.attach(local, "plan", {"x": put(tmp_path, "x", b"")}, **MINE)


def test_attachments_stay_when_a_document_is_amended_unless_they_are_named(
    local: Store, tmp_path: Path
) -> None:
    documents.register(local, plan(), {"a": put(tmp_path, "a", b"1"), "b": put(tmp_path, "b", b"2")}, **BY)
    documents.amend(local, plan(version="2"), {}, **MINE)
    assert [one.name for one in held(local).attachments] == ["a", "b"]
    documents.detach(local, "plan", "a", **MINE)
    with pytest.raises(NotFound, match="no attachment 'a'"):
        documents.detach(local, "plan", "a", **MINE)
    documents.amend(local, plan(), {"c": put(tmp_path, "c", b"3")}, replaced=True, **MINE)
    assert [one.name for one in held(local).attachments] == ["c"]


def test_every_act_is_in_the_journal_of_the_document(local: Store, tmp_path: Path) -> None:
    documents.register(local, plan(), {}, **BY)
    documents.attach(local, "plan", {"a": put(tmp_path, "a", b"1")}, **MINE)
    documents.amend(local, plan(version="2"), {}, **MINE)
    documents.detach(local, "plan", "a", **MINE)
    with local.read() as uow:
        entries = [one for one in uow.all(Entry) if "document:plan" in one.subjects]
    assert [one.action.split()[1] for one in entries] == ["register", "attach", "amend", "detach"]
    assert entries[1].changed["attachments"]["new"] == {"a": content(b"1")}
    assert entries[2].changed == {"version": {"new": "2"}}


def test_two_writers_attach_at_once_and_neither_is_lost(site: Store, tmp_path: Path) -> None:
    documents.register(site, plan(), {}, **BY)
    same = put(tmp_path, "same", b"same" * 1000)

    def write(number: int) -> None:
        files = {f"own-{number}": put(tmp_path, f"f{number}", bytes([number])), f"same-{number}": same}
        documents.attach(site, "plan", files, **MINE)

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(held(site).attachments) == 8
    with site.read() as uow:
        assert list(attachments.damaged(uow)) == []


def test_a_document_is_distributed_to_the_active_people_and_parties_by_hand(local: Store) -> None:
    readers = ("group:network", "party:harbour", "party:mute", "person:a.vries", "person:gone")
    made = documents.register(local, plan(distribution=readers), {}, **BY)
    with local.read() as uow:
        assert documents.readers(uow, made) == (
            ("p.ng", "k.chen", "a.vries"),
            ("Harbour: Jo jo@x.nl", "Mute: no contact is recorded"),
        )


def test_a_record_is_read_back_as_it_was() -> None:
    whole = plan(
        services=("b", "a"), scope="everything", version="1", review="2027-01-01",
        distribution=("person:b", "group:a"), covers={"schedule": "page 2"}, body="# Plan\n",
        attachments=(Attachment(name="a.txt", **content(b"1")),),
    )  # fmt: skip
    record = document_records.record_of(whole)
    assert record["attachments"] == {"a.txt": content(b"1")}
    assert document_records.from_record(record) == whole.but(
        services=("a", "b"), distribution=("group:a", "person:b")
    )
    for broken in ({}, {**record, "attachments": {"a": {"sha256": "0"}}}, {**record, "covers": "all"}):
        with pytest.raises((Corrupt, Invalid)):
            document_records.from_record(broken)


def test_a_policy_says_which_points_it_covers_and_which_are_absent() -> None:
    policy = plan(kind="CM policy", covers={"scope": "section 2", "audits": "section 5", "humour": "page 9"})
    assert [one.point for one in document_points.absent(policy)] == [
        "responsibility",
        "life cycle",
        "repository",
    ]
    assert document_points.beside(policy) == ("humour",)
    assert document_points.points(plan(kind="menu")) == ()


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("CM policy", 5),
        ("CM plan", 5),
        ("event policy", 4),
        ("event plan", 5),
        ("SQA policy", 2),
        ("SQA plan", 10),
    ],
)
def test_every_kind_with_a_checklist_has_the_points_the_seed_lists(kind: str, count: int) -> None:
    points = document_points.points(plan(kind=kind))
    assert len(points) == count
    assert all(one.asks.endswith(".") for one in points)
