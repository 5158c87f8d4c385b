"""The database is lost or old, the library is there: everything it holds comes back, and says so."""

import shutil
import subprocess
from datetime import timedelta

import pytest

from baselines import checkin, checkout, decisions, library, rebuild, tables, verification
from baselines.library import Library
from baselines.model import Baseline, LibraryCommit
from baselines.proved import Proved
from ccb import board, requests
from ccb import tables as ccb_tables
from ccb.model import ChangeDraft
from cmdb import items, journal, people, roles, tables_derived, tables_graph
from cmdb.errors import Corrupt, NotFound, Refused
from cmdb.model import Item, Person, RoleGrant
from cmdb.promises import PlannedWork
from cmdb.site import Site
from cmdb.store import Store
from cmdb.work import ActionItem
from tests.baselines.port import NIGHT, WINDOW, Port, build, down, set_model

DURING = NIGHT + timedelta(minutes=10)
LATER = NIGHT + timedelta(days=1)


def change_done(port, model):
    """A change of sw-11 from the request to the baseline."""
    request = port.approved(set_model(model))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, request.id, actor="k.chen", key=port.keys.private("k.chen"), at=DURING)
    return request.id


def voted(port, id, value, *voters, **more):
    """A request before its board with the same vote of each of these."""
    at = NIGHT - timedelta(hours=12)
    requests.assess(port.store, id, actor="k.chen", at=at)
    board.refer(port.store, id, actor="k.chen", at=at)
    for voter in voters:
        key = port.keys.private(voter)
        act = board.vote(port.store, id, voter=voter, value=value, key=key, at=at, **more)
        decisions.enter(port.library, act, key=key, at=at)


def by_a_candidate(port):
    """An approved request of somebody whom no baseline brought under control."""
    at = NIGHT - timedelta(hours=12)
    people.register(port.store, Person(id="n.ew", name="Noa Ew"), actor="a.vries", at=at)
    draft = ChangeDraft(
        title="Rename",
        reason="typing error",
        changes=(set_model("EX5", item="sw-12"),),
        window=WINDOW,
        implementer="k.chen",
        backout="put it back",
        test="look",
    )
    request = requests.new(port.store, draft, actor="n.ew", at=at)
    requests.submit(port.store, request.id, actor="n.ew", at=at)
    port.carried(request.id, "n.ew", ("k.chen", "p.ng", "m.jansen"), at)


def deferred(port, id):
    """A request that the chair put off."""
    at = NIGHT - timedelta(hours=12)
    requests.assess(port.store, id, actor="k.chen", at=at)
    board.refer(port.store, id, actor="k.chen", at=at)
    key = port.keys.private("m.jansen")
    act = board.defer(port.store, id, by="m.jansen", until=LATER, rationale="later", key=key, at=at)
    decisions.enter(port.library, act, key=key, at=at)


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site with requests in every state a decision leaves, and a copy of its older database."""
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    assert change_done(port, "QFX5120") == "CR-2"
    for suffix in ("", "-wal"):  # what was committed may still stand in the log
        if (folder / f"cmdb.db{suffix}").exists():
            shutil.copy(folder / f"cmdb.db{suffix}", folder / f"older.db{suffix}")
    assert change_done(port, "EX4650") == "CR-3"
    port.approved(set_model("EX4700"), down=down("sw-11"))
    voted(port, port.raised(set_model("EX1", item="sw-12")).id, "reject", "p.ng", reason="too old")
    conditions = ("before check-out: tell the night shift", "photograph the rack")
    voted(
        port,
        port.raised(set_model("EX2", item="sw-12")).id,
        "approve with conditions",
        "p.ng",
        "m.jansen",
        conditions=conditions,
    )
    by_a_candidate(port)
    deferred(port, port.raised(set_model("EX4", item="sw-12")).id)
    port.raised(set_model("EX3", item="sw-12"))
    items.register(
        store,
        Item(id="draft", type="server", name="a draft", owner="k.chen"),
        actor="a.vries",
        at=NIGHT,
    )
    port.library.close()
    return folder, port.root


@pytest.fixture
def site(original, tmp_path, database):
    """The site as its library and the address of a database that is lost."""
    folder = tmp_path / "site"
    shutil.copytree(original[0] / "library.git", folder / "library.git")
    return Site(path=folder, name="Port", database=database)


@pytest.fixture
def lost(original, tmp_path):
    """The same with a SQLite file, for what does not depend on the database."""
    folder = tmp_path / "site"
    shutil.copytree(original[0] / "library.git", folder / "library.git")
    return Site(path=folder, name="Port")


def rebuilt(site, **more):
    return rebuild.rebuild(site, actor="a.vries", at=LATER, apply=True, **more)


def git(site, *arguments):
    done = subprocess.run(
        ["git", "-C", str(site.library), *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def test_a_rebuilt_site_verifies_against_its_root_and_says_what_of_the_journal_is_lost(site, original):
    done = rebuilt(site, root=original[1])
    with Library.open(site) as one:
        report = verification.verify(one, root=original[1])
        with one.store.read() as uow:
            first = next(journal.entries(uow))
    assert report.ok, report.failure
    [gap] = report.gaps
    assert (gap.first, gap.last, gap.actor, gap.at) == ("BL-000000", done.last, "a.vries", LATER)
    assert (first.action, first.changed["cites"]) == ("library rebuild", done.journal)
    assert gap.cites == done.journal != journal.START


def test_every_controlled_record_is_back_with_what_is_derived(site, original):
    done = rebuilt(site)
    before = Store.open(str(original[0] / "cmdb.db"))
    after = Store.open(site.url)
    tables_of = ("person", "people_group", "party", "item_type", "dependency_kind", "board", "policy")
    with before.read() as old, after.read() as new:
        for table in tables_of:
            query = f"SELECT id FROM {table} WHERE level <> 'draft' ORDER BY id"
            assert new.rows(query) == old.rows(query)
        for id in ("lb-edge", "mail", "sw-11", "sw-12"):
            assert tables_graph.get_item(new, id) == tables_graph.get_item(old, id)
            assert tables_graph.dependencies_of(new, id) == tables_graph.dependencies_of(old, id)
            assert tables_graph.groups_of(new, id) == tables_graph.groups_of(old, id)
        assert list(tables_derived.mistaken(new)) == []
        for table in ("redundancy_group", "dependency"):
            count = f"SELECT COUNT(*), SUM(slack) FROM {table}"
            assert new.rows(count) == old.rows(count)
        assert tables_graph.find_item(new, "draft") is None
    assert done.records["item"] == 4


def test_requests_come_back_as_their_decisions_left_them(site, original):
    rebuilt(site)
    before = Store.open(str(original[0] / "cmdb.db"))
    with before.read() as old, Store.open(site.url).read() as new:
        states = {one.id: one.state for one in requests.listed(new)}
        assert states == {
            "CR-1": "checked in",
            "CR-2": "checked in",
            "CR-3": "checked in",
            "CR-4": "approved",
            "CR-5": "rejected",
            "CR-6": "approved",
            "CR-7": "approved",
            "CR-8": "deferred",
        }
        for id in states:
            assert ccb_tables.votes_of(new, id) == ccb_tables.votes_of(old, id)
            assert ccb_tables.decisions_of(new, id) == ccb_tables.decisions_of(old, id)
            was, now = requests.find(old, id), requests.find(new, id)
            same = ("title", "changes", "window", "down", "round", "board", "policy", "assessment", "until")
            assert [getattr(now, one) for one in same] == [getattr(was, one) for one in same]
        firm = [one for one in old.all(PlannedWork) if one.reference != "CR-9"]
        assert list(new.all(PlannedWork)) == firm
        assert new.rows("SELECT last FROM number WHERE series = 'CR'") == [(8,)]


def test_commits_and_baselines_are_those_of_the_lost_database(site, original):
    rebuilt(site)
    with Store.open(str(original[0] / "cmdb.db")).read() as old, Store.open(site.url).read() as new:
        assert new.all(LibraryCommit) == old.all(LibraryCommit)
        assert [one.but(journal="") for one in new.all(Baseline)] == [
            one.but(journal="") for one in old.all(Baseline)
        ]
        assert new.rows("SELECT id, name, root, baseline FROM site") == old.rows(
            "SELECT id, name, root, baseline FROM site"
        )


def test_an_approved_request_is_done_after_the_rebuild_and_the_site_still_verifies(site, original, keys):
    rebuilt(site)
    with Library.open(site) as one:
        checkout.check_out(one, "CR-4", actor="k.chen", at=NIGHT)
        key = keys.private("k.chen")
        baseline = checkin.check_in(one, "CR-4", actor="k.chen", key=key, at=DURING)
        report = verification.verify(one, root=original[1])
    assert baseline.id == "BL-000004"
    assert report.ok, report.failure
    assert len(report.gaps) == 1


def test_conditions_of_an_approval_bind_again(site):
    done = rebuilt(site)
    with Store.open(site.url).read() as uow:
        found = [one for one in uow.all(ActionItem) if one.origin == "change:CR-6"]
    assert done.conditions == len(found) == 4  # two members, two conditions each
    with Library.open(site) as one, pytest.raises(Refused) as refused:
        checkout.check_out(one, "CR-6", actor="k.chen", at=NIGHT)
    assert "AI-" in " ".join([refused.value.reason, *refused.value.problems])


def test_whoever_is_known_only_from_a_request_is_a_candidate_again(site):
    done = rebuilt(site)
    assert done.unknown == ("n.ew",)
    with Store.open(site.url).read() as uow:
        assert uow.get(Person, "n.ew") == Person(id="n.ew", name="n.ew")
        assert requests.find(uow, "CR-7").originator == "n.ew"


def test_only_the_founder_has_roles(site):
    rebuilt(site)
    with Store.open(site.url).read() as uow:
        assert {one.person for one in uow.all(RoleGrant)} == {"a.vries"}
        assert roles.roles_of(uow, "a.vries", at=LATER) == frozenset(roles.ROLES)


def test_without_apply_it_only_says_what_it_would_do(lost):
    plan = rebuild.rebuild(lost, actor="a.vries", at=LATER)
    assert (plan.applied, plan.requests, plan.records["item"]) == (False, 8, 4)
    with pytest.raises(NotFound):
        Store.open(lost.url)
    done = rebuilt(lost)
    assert done.but(applied=False, unknown=(), conditions=0) == plan


def test_a_database_that_holds_anything_is_never_overwritten(site):
    rebuilt(site)
    with pytest.raises(Refused, match="writes over nothing") as refused:
        rebuilt(site)
    assert "rebuild --forward" in refused.value.remedy


def test_a_damaged_database_is_not_overwritten_either(lost):
    (lost.path / "cmdb.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Refused, match="damaged") as refused:
        rebuilt(lost)
    assert "mv " in refused.value.remedy


def test_a_rebuild_cut_off_after_the_layout_is_simply_repeated(site, original):
    Store.connect(site.url).create(site="0123456789abcdef", name="Port")
    rebuilt(site)
    with Library.open(site) as one:
        assert verification.verify(one, root=original[1]).ok


def test_a_tampered_library_is_refused_and_nothing_is_written(lost):
    first = git(lost, "rev-parse", "refs/tags/BL-000001")
    git(lost, "update-ref", "refs/tags/BL-000002", first)
    with pytest.raises(Corrupt, match="does not prove itself"):
        rebuilt(lost)
    assert not (lost.path / "cmdb.db").exists()


def test_another_root_and_a_history_cut_off_are_refused(lost, original):
    with pytest.raises(Corrupt, match="root"):
        rebuilt(lost, root="1" * 40)
    head = git(lost, "rev-parse", "refs/heads/main")
    remembered = Proved(root=original[1], head=head)
    git(lost, "update-ref", "refs/heads/main", f"{head}~1")
    with pytest.raises(Corrupt, match="proved here before is missing"):
        rebuilt(lost, remember={"0123456789abcdef": remembered}.get)


def test_only_somebody_the_library_knows_may_rebuild(lost):
    with pytest.raises(Refused, match="nobody active"):
        rebuild.rebuild(lost, actor="mallory", at=LATER, apply=True)
    assert rebuild.person_of_login(lost, "anna") == "a.vries"
    assert rebuild.person_of_login(lost, "mallory") == ""


def test_a_rebuild_entry_slipped_into_a_journal_is_named(site):
    rebuilt(site)
    with Library.open(site) as one:
        with one.store.write() as uow:
            journal.record(uow, at=LATER, actor="a.vries", action="library rebuild", changed={})
            uow.commit()
        failure = verification.verify(one).failure
    assert failure is not None
    assert failure.kind == "journal"


@pytest.fixture
def older(original, lost):
    """The site with the database it had before CR-3."""
    for suffix in ("", "-wal"):
        if (original[0] / f"older.db{suffix}").exists():
            shutil.copy(original[0] / f"older.db{suffix}", lost.path / f"cmdb.db{suffix}")
    with Library.open(lost) as one:
        yield one


def test_an_older_database_is_refused_every_write_and_then_brought_forward(older, original, keys):
    key = keys.private("k.chen")
    with pytest.raises(Refused, match="does not know") as refused:
        library.settle(older)
    assert "rebuild --forward" in refused.value.remedy
    plan = rebuild.forward(older, actor="a.vries", at=LATER)
    assert (plan.applied, plan.records["item"]) == (False, 1)
    done = rebuild.forward(older, actor="a.vries", at=LATER, apply=True, root=original[1])
    report = verification.verify(older, root=original[1])
    assert report.ok, report.failure
    [gap] = report.gaps
    assert (gap.action, gap.last) == ("library forward", done.last)
    with older.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-11").characteristics["model"] == "EX4650"
        assert requests.find(uow, "CR-3").state == "checked in"
        assert list(tables_derived.mistaken(uow)) == []
        assert journal.of_subject(uow, "sw-11")[0].action == "library forward"
    checkout.check_out(older, "CR-4", actor="k.chen", at=NIGHT)
    checkin.check_in(older, "CR-4", actor="k.chen", key=key, at=DURING)
    assert verification.verify(older, root=original[1]).ok


def test_forward_has_nothing_to_do_where_the_library_is_not_ahead(site):
    rebuilt(site)
    with Library.open(site) as one, pytest.raises(Refused, match="not ahead"):
        rebuild.forward(one, actor="a.vries", at=LATER, apply=True)


def test_forward_refuses_a_database_in_which_records_were_changed(older):
    with older.store.write() as uow:
        uow.rows("UPDATE item SET name = 'Mine' WHERE id = 'sw-12'")
        before = tables.newest(uow)
        uow.commit()
    with pytest.raises(Corrupt, match="would not agree"):
        rebuild.forward(older, actor="a.vries", at=LATER, apply=True)
    with older.store.read() as uow:
        assert tables.newest(uow) == before


def test_nobody_votes_while_the_library_is_ahead(older, keys):
    """A number given out again must not gather votes: two requests of one name cannot both be kept."""
    port = Port(older, keys)
    with pytest.raises(Refused, match="does not know") as refused:
        port.approved(set_model("EX9"))
    assert "rebuild --forward" in refused.value.remedy
    with older.store.read() as uow:
        assert uow.rows("SELECT 1 FROM vote WHERE request = 'CR-3'") == []


def test_forward_refuses_a_draft_written_after_the_library_decided_on_its_number(older):
    change = ChangeDraft(title="Another", reason="new", changes=(set_model("EX9"),))
    assert requests.new(older.store, change, actor="k.chen", at=LATER).id == "CR-3"
    with pytest.raises(Refused, match="CR-3"):
        rebuild.forward(older, actor="a.vries", at=LATER, apply=True)
