"""Every column of every table, forged one at a time: verify names it, or the page says why it cannot."""

import re
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from baselines import (
    audits,
    checkin,
    checkout,
    consistency,
    decisions,
    exclusions,
    findings,
    library,
    scoped,
    tables,
)
from baselines.failures import Failed
from baselines.library import Library
from baselines.vault import Vault
from ccb import authorisation, board, requests, signing
from ccb.ballot import Override
from ccb.minimums import MinimumLevel
from ccb.model import ChangeDraft, ProposedChange
from ccb.templates import Template
from cmdb import (
    canonical,
    codec,
    documents,
    people,
    roles,
    tables_duties,
    tables_events,
    tables_promises,
    tables_telling,
    tables_work,
)
from cmdb.commitments import ServiceCommitment
from cmdb.errors import CmdbError, Corrupt
from cmdb.model import Party, RoleGrant
from cmdb.offers import StandardService
from cmdb.promises import ServiceAgreement
from cmdb.store import Store
from cmdb.written import Document
from tests.baselines import wharf
from tests.baselines.port import FOUNDED, NIGHT, build, down, set_model

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
# What is covered once it was decided, or is under control: rows before that are the database's alone.
COVERED = {
    "change_request": "state IN ('approved', 'checked out', 'checked in', 'closed')",
    "evidence": "form <> 'scope/1'",
    "redundancy_group": "source IN (SELECT key FROM item WHERE level <> 'draft')",
    "dependency": "source IN (SELECT key FROM item WHERE level <> 'draft')",
    **dict.fromkeys(
        (
            *("dependency_kind", "item_type", "person", "people_group", "party", "item"),
            *("agreement", "standard_service", "document", "board", "policy", "template", "minimum_level"),
        ),
        "level <> 'draft'",
    ),
}


def listed():
    """The columns that the page lists as compared with nothing: `table.column`, `table.*` for all of one."""
    section = PAGE.read_text("utf-8").split("### Columns that nothing compares")[1].split("\n## ")[0]
    found = {}
    for line in section.splitlines():
        match = re.fullmatch(r"\| `([a-z_]+)` \| ([^|]+) \| ([^|]+) \|", line)
        if match:
            columns = re.findall(r"`([a-z_]+)`", match[2])
            found |= {(match[1], column): match[3] for column in columns or ("*",)}
    return found


def columns():
    assert all(
        (codec.registered(), tables_promises, tables_work, tables_duties, tables_telling, tables_events)
    )
    return [(table, column.name) for table in SQLModel.metadata.sorted_tables for column in table.columns]


def compared():
    known = listed()
    return [
        (table, name)
        for table, name in columns()
        if (table.name, "*") not in known and (table.name, name) not in known
    ]


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site with a change done, one under way and one being voted on, a customer and an override."""
    folder = tmp_path_factory.mktemp("columns")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    with store.write() as uow:
        for id in ("north", "south"):
            uow.add(
                Template(
                    id=f"model-{id}", name="New model", types=("server",), exact={"model": id}, reason="old",
                    backout="put it back", test="ping", window=3600,
                )
            )  # fmt: skip
            uow.add(Party(id=id, name=id.title(), kind="customer"))
            uow.add(MinimumLevel(id=f"customer:{id}", minimum="controlled", reason=f"promised to {id}"))
            uow.add(
                ServiceAgreement(
                    id=f"mail-{id}",
                    title=f"Mail for {id}",
                    customer=id,
                    services=("mail",),
                    manager="m.jansen",
                    start=FOUNDED,
                    zone="UTC",
                )
            )
            level = ServiceCommitment(id="up", service=f"std-{id}", target=Decimal("99.5"))
            uow.add(
                StandardService(
                    id=f"std-{id}", name=id, text="Mail", staff="Mail", owner="m.jansen", levels=(level,)
                )
            )
        uow.commit()
    _documented(store, folder, "north", "south")
    port.established(NIGHT - timedelta(days=2))
    done = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, done.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, done.id, actor="k.chen", key=keys.private("k.chen"), at=NIGHT)
    under_way = port.approved(set_model("QFX5130", item="sw-12"), down=down("sw-12"))
    requests.comment(store, under_way.id, "mind the fans", actor="p.ng", at=NIGHT)
    checkout.check_out(port.library, under_way.id, actor="k.chen", at=NIGHT)
    _overridden(port, under_way.id)
    _agreed(port, "service:mail", left_out={"sw-12": "moves"})
    for _time in range(2):
        _agreed(port, "item:sw-11")
    _audited(port)
    wharf.built(port, folder / "mail.tar")
    wharf.built(port, folder / "switch.tar", product="switch", scope="item:sw-11")
    waiting = port.raised(set_model("QFX5140", item="lb-edge"))
    requests.assess(store, waiting.id, actor="k.chen", at=NIGHT)
    board.refer(store, waiting.id, actor="k.chen", at=NIGHT)
    key = keys.private("p.ng")
    act = board.vote(store, waiting.id, voter="p.ng", value="approve", key=key, at=NIGHT)
    decisions.enter(port.library, act, key=key, at=NIGHT)
    port.minuted(at=NIGHT)
    port.minuted(at=NIGHT + timedelta(hours=1), topic="What else there is")
    _documented(store, folder, "east", "west", party="north")  # their files wait for a check-in
    port.library.close()
    return folder


def _allowed(store):
    """A role for a while, and two rights that are not the default."""
    for right in ("import", "hold items"):
        roles.allow(store, right, ["CM group"], actor="a.vries", at=NIGHT)
    ends = NIGHT + timedelta(days=9)
    grant = RoleGrant(id="sqa", person="k.chen", role="SQA", service="mail", start=NIGHT, end=ends)
    people.grant(store, grant, actor="a.vries", at=NIGHT)


def _agreed(port, scope, **more):
    """The baseline of a scope."""
    change = ProposedChange(record="scope", id=scope, operation="establish baseline", exact=more)
    draft = ChangeDraft(kind="baseline", title=f"Agree on {scope}", reason="audit", changes=(change,))
    request = requests.new(port.store, draft, actor="a.vries", at=NIGHT)
    requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    port.carried(request.id, "a.vries", ("a.vries",), NIGHT)
    key = port.keys.private("a.vries")
    scoped.establish(port.library, request.id, actor="a.vries", key=key, at=NIGHT)


def _audited(port):
    """An audit that found something, which was put with somebody, and the next; a practice set aside."""
    _allowed(port.store)
    key = port.keys.private("a.vries")
    wanted = audits.Planned(
        kind="integrity", auditor="k.chen", due=NIGHT, every="month", checklist=("Whole?",)
    )
    audits.plan(port.library, wanted, actor="a.vries", key=key, at=NIGHT)
    looked = audits.Looked(
        baseline="BL-000001", answers=(("Whole?", "no", "x"),), findings=(("y", "Not whole.", ("sw-11",), 1),)
    )
    auditor = {"actor": "k.chen", "key": port.keys.private("k.chen"), "at": NIGHT}
    audits.run(port.library, "AUD-1", looked, **auditor)
    findings.assign(port.library, "FND-1", to="a.vries", due=NIGHT + timedelta(days=1), **auditor)
    exclusions.state(port.library, "item:sw-12", reason="spare", known=(), actor="a.vries", key=key, at=NIGHT)


def _documented(store, folder, *ids, party=""):
    """Plans, each with a file attached to it."""
    for id in ids:
        (folder / id).write_text(f"the plan of {id}")
        paper = Document(
            id=f"plan-{id}", kind="CM plan", title=id, owner="m.jansen", services=("mail",), scope="all",
            version="1", review="2027-01-01", distribution=(f"party:{party or id}",),
            covers={"schedule": "page 2"}, body="see the file",
        )  # fmt: skip
        documents.register(store, paper, {"plan.txt": folder / id}, actor="a.vries", at=FOUNDED)


def _overridden(port, request):
    """An override, as somebody would sign it."""
    with port.store.write() as uow:
        site = str(uow.rows("SELECT root FROM site")[0][0])
        bare = Override(
            digest="", request=request, round=1, requirement="consent x", by="m.jansen", role="chair",
            why="on leave", at=NIGHT,
        )  # fmt: skip
        made = bare.but(digest=signing.digest_of(bare, site, "normal"))
        act = signing.Act(
            request=request, kind="normal", site=site, actor="m.jansen", at=NIGHT, override=made
        )
        uow.add(signing.sign(act, key=port.keys.private("m.jansen")).override)
        uow.commit()


@pytest.fixture
def site(original, tmp_path):
    copy = tmp_path / "site"
    shutil.copytree(original, copy)
    with Library(Store.open(str(copy / "cmdb.db")), Vault.open(copy / "library.git")) as made:
        yield made


def rows_of(uow, table):
    key = ", ".join(f'"{one.name}"' for one in table.primary_key)
    where = COVERED.get(table.name, "1 = 1")
    return [tuple(row) for row in uow.rows(f'SELECT {key} FROM "{table.name}" WHERE {where} ORDER BY {key}')]


def forgeries(content, others):
    """Contents that a forger might put in the place of another: of other rows first."""
    found = [one for one in others if one != content]
    if isinstance(content, int):
        return [*found, 1 - content if content in (0, 1) else content + 1]
    if isinstance(content, bytes):
        return [*found, content + b"x", b""]
    if content is None:
        return [*found, "2026-11-01T00:00:00Z", 1]
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", content):
        moved = canonical.rfc3339(canonical.instant(content) + timedelta(hours=1))
        return [moved, *found, None]
    if content.startswith(("[", "{")):
        whole = ["[]", '["x"]'] if content.startswith("[") else ["{}", '{"x": "y"}']
        mark = '":"' if '":"' in content else '"'  # what stands there, not what it is called
        return [*found, *whole, content.replace(mark, f"{mark}x", 1)]
    return [*found, content[:-1] + ("0" if content[-1:] != "0" else "1"), content + "x", ""]


def answer(site, table, column, key, content):
    """What verify says of one forgery: a sentence, None when nothing, `kept` when the database refused it."""
    where = " AND ".join(f'"{one.name}" = ?' for one in table.primary_key)
    with site.store.write() as uow:  # rolled back
        uow.rows("PRAGMA defer_foreign_keys = ON")
        try:
            uow.rows(f'UPDATE "{table.name}" SET "{column}" = ? WHERE {where}', content, *key)
        except IntegrityError:
            return "kept"
        try:
            consistency.check(uow, site, tables.newest(uow))
        except Failed as failed:
            return failed.failure.why
        except CmdbError as unreadable:
            return unreadable.reason
        # A reference to nothing, in which case the database was written past the program.
        return "doctor" if uow.rows("PRAGMA foreign_key_check") else None


def unseen(site, table, column, *, sampled):
    """Every forgery of a column that nobody would see; how many were tried at all."""
    with site.store.read() as uow:
        keys = rows_of(uow, table)
        own = {
            key: uow.rows(
                f'SELECT "{column}" FROM "{table.name}" WHERE '
                + " AND ".join(f'"{one.name}" = ?' for one in table.primary_key),
                *key,
            )[0][0]
            for key in keys
        }
    others = list(dict.fromkeys(own.values()))
    missed, tried = [], 0
    # Each costs a look at the whole site: the last row once, the first in every way.
    for key in keys[-1:] if sampled else keys[:1]:
        for content in forgeries(own[key], others[:1] if sampled else others[:2]):
            if content == own[key]:
                continue
            said = answer(site, table, column, key, content)
            tried += 1
            if said is None:
                missed.append((table.name, column, key, own[key], content))
            if sampled and said != "kept":
                break
    return missed, tried


def test_every_column_forged_once_is_named_or_listed(site):
    missed, untried = [], []
    for table, name in compared():
        found, tried = unseen(site, table, name, sampled=True)
        missed += found
        untried += [] if tried else [f"{table.name}.{name}"]
    assert not missed, f"compare them, or list them in {PAGE.name} with the reason"
    assert not untried, "the site of this test has no row to forge there"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({table.name for table, _ in columns()}))
def test_every_column_of_a_row_forged_in_every_way_is_named_or_listed(site, name):
    assert [
        one
        for table, column in compared()
        if table.name == name
        for one in unseen(site, table, column, sampled=False)[0]
    ] == []


def test_what_the_page_lists_exists_and_has_a_reason():
    tables_known = {table.name for table, _ in columns()}
    known = {(table.name, name) for table, name in columns()} | {(one, "*") for one in tables_known}
    assert listed().keys() <= known
    assert all(len(reason.split()) > 3 for reason in listed().values())
    assert ("vote", "value") not in listed()


def test_the_site_as_it_is_agrees(site):
    with site.store.read() as uow:
        assert consistency.check(uow, site, tables.newest(uow)) == ()
    assert library.settle(site) is False


def test_a_forged_piece_of_evidence_is_shown_to_nobody(site):
    with site.store.write() as uow:
        [(id,)] = uow.rows("SELECT id FROM change_request WHERE state = 'checked in'")
        uow.rows("UPDATE evidence SET text = '{\"format\": \"assessment/1\"}' WHERE form = 'assessment/1'")
        with pytest.raises(Corrupt, match=r"evidence .* was changed in the database"):
            authorisation.shown(uow, requests.find(uow, id), at=NIGHT)
