"""Verify names what a clever insider changed: in the database, in the vault, or in both together."""

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from baselines import checkin, checkout, health, library, tables, verification
from baselines import proved as memory
from baselines.establish import enter_baseline
from baselines.library import Draft, Library, commit_point
from baselines.proved import Proved
from baselines.vault import Vault
from ccb import requests
from cmdb import canonical, journal, records, signatures, tables_graph
from cmdb.errors import Corrupt, Refused
from cmdb.model import Person
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, Port, build, set_model
from tests.conftest import Keys

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site with one change done; copied for each test."""
    from cmdb import codec  # the tables of all packages are known by the imports above

    assert codec.registered()
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, request.id, actor="k.chen", key=keys.private("k.chen"), at=DURING)
    port.library.close()
    return folder, port.root


@pytest.fixture
def port(original, tmp_path, keys):
    folder, root = original
    copy = tmp_path / "site"
    shutil.copytree(folder, copy)
    made = Library(Store.open(str(copy / "cmdb.db")), Vault.open(copy / "library.git"))
    yield Port(made, keys, root)
    made.close()


def failure(port, **more):
    report = verification.verify(port.library, **more)
    assert not report.ok
    return report.failure


def sql(port, statement, *parameters):
    with port.store.write() as uow:
        uow.rows(statement, *parameters)
        uow.commit()


def git(port, *arguments, stdin=None):
    done = subprocess.run(
        ["git", "-C", str(port.library.vault.path), *arguments],
        input=stdin,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def test_an_untouched_copy_verifies_and_says_whether_its_root_was_confirmed(port):
    report = verification.verify(port.library)
    assert report.ok, report.failure
    assert not report.root_confirmed
    assert verification.verify(port.library, root=port.root).root_confirmed


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE item SET name = 'Mine' WHERE id = 'sw-11'", "item"),
        ("UPDATE item SET owner = 'p.ng' WHERE id = 'sw-11'", "item"),
        ("UPDATE item SET level = 'draft' WHERE id = 'sw-11'", "item"),
        ("DELETE FROM dependency WHERE source = (SELECT key FROM item WHERE id = 'mail')", "item"),
        ("UPDATE redundancy_group SET need = '2'", "item"),
        ("UPDATE person SET keys = '[]' WHERE id = 'p.ng'", "person"),
        ("UPDATE policy SET quorum = 1 WHERE id = 'port-change'", "policy"),
        ("UPDATE board SET chair = 'p.ng' WHERE id = 'port'", "board"),
        ("UPDATE people_group SET lead = 'k.chen' WHERE id = 'network'", "group"),
        ("UPDATE item_type SET service = 1 WHERE id = 'server'", "type"),
        ("UPDATE dependency_kind SET impact = 0 WHERE id = 'uses'", "dependency kind"),
        ("UPDATE vote SET value = 'reject', reason = 'no' WHERE voter = 'p.ng'", "vote"),
        ("UPDATE vote SET at = '2026-01-01T00:00:00Z' WHERE voter = 'p.ng'", "vote"),
        ("DELETE FROM vote WHERE voter = 'p.ng'", "vote"),
        ("UPDATE baseline SET request = 'CR-9' WHERE request = 'CR-2'", "baseline"),
        ("DELETE FROM baseline WHERE request = 'CR-2'", "baseline"),
        ("UPDATE decision SET result = 'lost' WHERE request = 'CR-2'", "decision"),
        ("UPDATE change_request SET title = 'Something else' WHERE id = 'CR-2'", "request"),
        ("UPDATE journal SET actor = 'p.ng' WHERE sequence = 5", "journal"),
        ("UPDATE library_commit SET name = 'REC-000099' WHERE sequence = 1", "commit"),
        ("UPDATE site SET root = NULL", "site"),
    ],
)
def test_a_row_changed_in_the_database_is_named(port, statement, kind):
    sql(port, statement)
    found = failure(port)
    assert found.kind == kind
    assert found.why
    assert found.detail


def test_a_missing_program_is_no_damage(port, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="is not installed"):
        failure(port)


def test_a_journal_row_taken_out_or_the_end_cut_off_is_named(port):
    sql(port, "DELETE FROM journal_subject WHERE sequence = 6")
    sql(port, "DELETE FROM journal WHERE sequence = 6")
    assert "journal entry 6 is missing" in failure(port).why


def test_the_end_of_the_journal_cannot_be_cut_off_past_what_a_baseline_cites(port):
    with port.store.read() as uow:
        last = uow.rows("SELECT MAX(sequence) FROM journal")[0][0]
    for sequence in range(last, last - 4, -1):
        sql(port, "DELETE FROM journal_subject WHERE sequence = ?", sequence)
        sql(port, "DELETE FROM journal WHERE sequence = ?", sequence)
    assert failure(port).kind == "journal"


def test_a_moved_a_missing_and_a_strange_tag_are_named(port):
    first = git(port, "rev-parse", "refs/tags/BL-000001")
    git(port, "update-ref", "refs/tags/BL-000002", first)
    assert failure(port).id == "BL-000002"
    git(port, "update-ref", "-d", "refs/tags/BL-000002")
    assert "missing" in failure(port).why
    git(port, "update-ref", "refs/tags/BL-000077", first)
    assert failure(port).id == "BL-000077"


def test_a_branch_beside_the_history_and_another_head_are_named(port):
    git(port, "update-ref", "refs/heads/agreed/yesterday", port.root)
    assert (failure(port).kind, failure(port).id) == ("branch", "agreed/yesterday")
    git(port, "pack-refs", "--all")
    assert failure(port).id == "agreed/yesterday"
    git(port, "symbolic-ref", "HEAD", "refs/heads/agreed/yesterday")
    git(port, "update-ref", "-d", "refs/heads/agreed/yesterday")
    assert failure(port).id == "HEAD"
    git(port, "symbolic-ref", "HEAD", "refs/heads/main")
    assert verification.verify(port.library).ok


def test_a_tag_that_was_moved_or_taken_away_after_it_was_proved_is_named(port):
    report = verification.verify(port.library)
    proved = memory.recall(memory.remember("", report.site, report.proved), report.site)
    git(port, "update-ref", "refs/tags/BL-000001", git(port, "rev-parse", "refs/tags/BL-000002"))
    assert failure(port, remembered=proved).id == "BL-000001"
    git(port, "update-ref", "-d", "refs/tags/BL-000001")
    assert "missing" in failure(port, remembered=proved).why


def test_a_main_that_was_moved_back_is_named(port):
    git(port, "update-ref", "refs/heads/main", port.root)
    assert failure(port).kind == "commit"


def test_nobody_votes_or_checks_out_on_a_library_that_was_put_back(port):
    git(port, "update-ref", "refs/heads/main", port.root)
    request = port.raised(set_model("EX4650"))
    with pytest.raises(Corrupt):
        port.carried(request.id, "k.chen", ("p.ng",), NIGHT)
    with port.store.read() as uow:
        assert uow.rows("SELECT 1 FROM vote WHERE request = ?", request.id) == []


def test_the_doctor_sees_at_a_glance_what_verify_would_prove(port, tmp_path):
    site = Site(path=tmp_path / "site", name="Port")
    assert health.of_library(site) == ()
    git(port, "update-ref", "-d", "refs/tags/BL-000002")
    assert [one.subject for one in health.of_library(site)] == ["BL-000002"]
    git(port, "update-ref", "refs/heads/main", port.root)
    assert [one.subject for one in health.of_library(site)] == ["main", "BL-000002"]
    git(port, "config", "remote.origin.fetch", "+refs/*:refs/*")
    (mirror,) = health.of_library(site)
    assert (mirror.kind, mirror.severity) == ("vault", "fault")  # it stops work; nothing is damaged
    shutil.rmtree(tmp_path / "site" / "library.git")
    (gone,) = health.of_library(site)
    assert gone.remedy


def test_both_stores_put_back_to_an_older_state_fail_the_remembered_head(port, original):
    report = verification.verify(port.library)
    remembered = Proved(root=report.root, head=report.head)
    assert verification.verify(port.library, remembered=remembered).ok
    forged = Proved(root=report.root, head="1" * 40)
    assert "cut off or rewritten" in failure(port, remembered=forged).why
    assert failure(port, at_least="BL-000009").id == "BL-000009"


def test_a_forged_history_with_its_own_keys_fails_the_root(port, tmp_path):
    (tmp_path / "own keys").mkdir()
    keys = Keys(tmp_path / "own keys")
    store = Store.connect(str(tmp_path / "forged.db"))
    store.create(site="0123456789abcdef", name="Port")
    forged = build(store, tmp_path / "forged.git", keys)
    assert verification.verify(forged.library).ok
    assert "forged" in failure(forged, root=port.root).why
    forged.library.close()


def sneak(port, files, *, actor, trailers, kind="baseline", request="CR-2", also=lambda uow: None):
    """Commit to both stores past every check, as somebody with all files and a registered key could."""

    def enter(uow, commit):
        also(uow)
        if kind == "baseline":
            enter_baseline(uow, commit, title="sneaked in")

    commit_point(
        port.library,
        kind=kind,
        draft=lambda _uow, _newest: Draft(files=files, subject="sneak", trailers=trailers),
        enter=enter,
        author=Person(id=actor, name=actor),
        key=port.keys.private(actor),
        at=DURING,
        request=request,
    )


def renamed(port, name="Mine", id="sw-11"):
    """The file of an item with another name."""
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    fields = library.record_at(port.library, head, "item", id)
    return records.path_of("item", id), canonical.encode("item/1", {**fields, "name": name})


def rename(uow, name="Mine", id="sw-11"):
    tables_graph.put_item(uow, tables_graph.get_item(uow, id).but(name=name))


def decision_trailer(port, request):
    with port.store.read() as uow:
        return uow.rows("SELECT record FROM decision WHERE request = ?", request)[0][0]


def test_a_baseline_without_a_decision_is_named(port):
    sneak(
        port,
        [renamed(port)],
        actor="k.chen",
        trailers={"Request": "CR-9", "Decision": port.root},
        request="CR-9",
        also=rename,
    )
    assert "no decision authorises it" in failure(port).why


def test_using_an_authorisation_twice_is_named(port):
    trailers = {"Request": "CR-2", "Decision": decision_trailer(port, "CR-2")}
    sneak(port, [renamed(port)], actor="k.chen", trailers=trailers, also=rename)
    assert "checked in before" in failure(port).why


def test_checking_in_more_than_was_approved_is_named(port):
    request = port.approved(set_model("EX4650"))
    trailers = {"Request": request.id, "Decision": decision_trailer(port, request.id)}
    sneak(port, [renamed(port)], actor="k.chen", trailers=trailers, request=request.id, also=rename)
    found = failure(port)
    assert "something else than was approved" in found.why
    assert "name" in found.detail


def test_a_baseline_signed_by_somebody_unregistered_is_named(port):
    request = port.approved(set_model("EX4650"))
    trailers = {"Request": request.id, "Decision": decision_trailer(port, request.id)}
    with port.store.write() as uow:
        uow.add(Person(id="mallory", name="Mallory"))
        uow.commit()
    sneak(port, [renamed(port)], actor="mallory", trailers=trailers, request=request.id, also=rename)
    assert "not signed by a key" in failure(port).why


def test_a_record_commit_that_changes_configuration_is_named(port):
    sneak(port, [renamed(port)], actor="k.chen", trailers={}, kind="record", also=rename)
    assert "may only add records" in failure(port).why


def lost_vote_forged(port, change):
    """A decision record in which something was changed and signed again by k.chen."""
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    folder = "records/requests/00000/CR-2"
    files = {
        path: port.library.vault.read(head, path)
        for path, _oid in port.library.vault.paths(head, f"{folder}/")
    }
    forged = {path.replace("CR-2", "CR-7"): data for path, data in files.items()}
    change(forged, folder.replace("CR-2", "CR-7"), port.keys.private("k.chen"))
    sneak(port, forged.items(), actor="k.chen", trailers={}, kind="record", request="CR-7")


def test_votes_copied_to_another_request_are_named(port):
    lost_vote_forged(port, lambda files, folder, key: None)
    found = failure(port)
    assert found.kind in ("decision", "commit")


def test_a_vote_signed_again_with_another_key_is_named(port):
    def again(files, folder, key):
        vote = f"{folder}/1-vote-01.json"
        files[vote.replace(".json", ".sig")] = signatures.sign(
            files[vote], namespace="vote@cmdb", key=key
        ).encode()
        for path in list(files):
            if path.endswith(".json"):
                data = json.loads(files[path])
                if data.get("request") == "CR-2":
                    data["request"] = "CR-7"

    lost_vote_forged(port, again)
    assert not verification.verify(port.library).ok


def test_what_was_proved_is_remembered_outside_the_site_and_not_proved_again(port):
    report = verification.verify(port.library)
    text = memory.remember("", report.site, report.proved)
    proved = memory.recall(text, report.site)
    with port.store.read() as uow:
        last, entry = journal.head(uow)
    assert proved == Proved(
        root=report.root,
        head=report.head,
        baselines=3,
        changes=2,
        votes=report.votes,
        alone=1,
        journal=last,
        entry=entry,
        rows=report.rows,
    )
    asked = []

    def counting(statement, signature, *, namespace, keys):
        asked.append(namespace)
        return signatures.verify(statement, signature, namespace=namespace, keys=keys)

    again = verification.verify(port.library, remembered=proved, verify_signature=counting)
    assert (again.ok, again.votes, again.baselines) == (True, report.votes, 3)
    assert asked == []
    request = port.approved(set_model("EX4650"))
    assert verification.verify(port.library, remembered=proved, verify_signature=counting).ok
    assert asked
    with port.store.read() as uow:
        assert requests.find(uow, request.id).state == "approved"


@pytest.mark.parametrize("column", ["signature", "reason", "key", "sequence"])
def test_a_vote_changed_after_it_was_proved_is_named_though_it_is_not_proved_again(port, column):
    proved = verification.verify(port.library).proved
    content = 7 if column == "sequence" else "something else"
    with port.store.write() as uow:
        uow.rows(f"UPDATE vote SET {column} = ? WHERE request = 'CR-2' AND voter = 'p.ng'", content)
        uow.commit()
    failure = verification.verify(port.library, remembered=proved).failure
    assert failure is not None
    assert (failure.kind, failure.id) == ("vote", "CR-2")


def test_ssh_keygen_gives_the_same_answer(port):
    report = verification.verify(port.library, verify_signature=signatures.verify_with_tool)
    assert report.ok, report.failure


def test_a_damaged_object_stops_with_a_sentence(port):
    vault = port.library.vault.path
    port.library.close()
    packs = sorted(Path(vault, "objects", "pack").glob("*.pack"), key=lambda one: one.stat().st_mtime)
    data = bytearray(packs[-1].read_bytes())
    data[len(data) // 2] ^= 0xFF
    packs[-1].chmod(0o644)
    packs[-1].write_bytes(bytes(data))
    found = failure(port)
    assert found.why
