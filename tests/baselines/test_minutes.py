"""Minutes: generated from the record, signed by the chair, kept for ever, proved, and rebuilt."""

import json
import shutil
from datetime import timedelta

import pytest

from baselines import decisions, failures, library, minutes, proof, rebuild, verification
from baselines.library import Library
from baselines.vault import Vault
from ccb import board, calling, meetings, requests, tables_meetings
from ccb import minutes as words
from ccb.meeting import Meeting
from cmdb import canonical, signatures
from cmdb.errors import Refused
from cmdb.model import Person
from cmdb.site import Site
from cmdb.store import Store
from cmdb.work import ActionItem
from tests.baselines.port import NIGHT, Port, build, set_model

EARLY = NIGHT - timedelta(hours=12)
END = EARLY + timedelta(hours=1)
SPARE = "before check-out: spare fans are on site"


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site whose board met, decided one request and carried another over; nothing is signed yet."""
    folder = tmp_path_factory.mktemp("minuted")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    first, second = port.raised(set_model()), port.raised(set_model("QFX5130", item="sw-12"))
    for one in (first, second):
        requests.assess(store, one.id, actor="k.chen", at=EARLY)
        board.refer(store, one.id, actor="k.chen", at=EARLY)
    chair = {"actor": "m.jansen", "at": EARLY}
    meeting = calling.call(store, board="port", planned_at=EARLY, **chair)
    meetings.open_(store, meeting.id, **chair)
    meetings.attend(store, meeting.id, ["p.ng"], **chair)
    meetings.raise_action(store, meeting.id, what="Order fans", owner="k.chen", **chair)
    given = {"value": "approve with conditions", "reason": "Fine; fans are late.", "conditions": (SPARE,)}
    for voter, cast in (("p.ng", given), ("m.jansen", {"value": "approve"})):
        key = keys.private(voter)
        act = board.vote(store, first.id, voter=voter, key=key, at=EARLY, **cast)
        decisions.enter(port.library, act, key=key, at=EARLY)
    meetings.close(store, meeting.id, carry_over=True, actor="m.jansen", at=END)
    port.library.close()
    return folder, port.root


@pytest.fixture
def port(original, tmp_path, keys):
    copy = tmp_path / "site"
    shutil.copytree(original[0], copy)
    with Library(Store.open(str(copy / "cmdb.db")), Vault.open(copy / "library.git")) as made:
        yield Port(made, keys, original[1])


def signed(port, by="m.jansen", at=END, key=None):
    return minutes.sign(port.library, "MT-1", by=by, key=key or port.keys.private(by), at=at)


def noted(port, text="The fans are late.", number=1):
    meetings.note(port.store, "MT-1", number, text, actor="m.jansen", at=END)


def failure(port):
    report = verification.verify(port.library)
    assert not report.ok
    return report.failure


def sneaked(port, files, *, by="m.jansen"):
    """A record commit past the program, by somebody with a key and access to both stores."""
    with port.store.read() as uow:
        author = uow.get(Person, by)
    library.add_records(
        port.library,
        lambda _uow: files,
        subject="minutes",
        author=author,
        key=port.keys.private(by),
        at=END,
        enter=lambda _uow, _commit: None,
    )


def forged(port, kept, *, signer="m.jansen", **changes):
    """Files of a second version with other content, signed by somebody."""
    fields = {**canonical.decode(kept.text.encode())[1], "version": 2, "previous": kept.digest, **changes}
    data = canonical.encode(words.FORM, fields)
    signature = signatures.sign(data, namespace=words.NAMESPACE, key=port.keys.private(signer))
    stem = f"records/minutes/MT-1-{2 if changes.get('version') != 3 else 3}"
    return {f"{stem}.json": data, f"{stem}.sig": signature.encode()}


def test_signed_minutes_tell_the_whole_meeting_and_are_proved(port):
    kept = signed(port)
    told = json.loads(kept.text)
    [decided, carried] = told["agenda"]
    assert [one["person"] for one in told["attendance"]] == ["m.jansen", "p.ng"]
    assert (decided["state"], carried["state"]) == ("decided", "carried over")
    [taken] = decided["taken"]
    assert (taken["result"], taken["present"], taken["quorum"]) == ("carried", ["m.jansen", "p.ng"], 2)
    assert {vote["voter"] for vote in taken["votes"]} == {"m.jansen", "p.ng"}
    assert any(one["title"] == "quorum" and one["status"] == "satisfied" for one in taken["requirements"])
    fans, spare = told["actions"]
    assert (fans["what"], "request" in fans) == ("Order fans", False)
    assert (spare["what"], spare["request"], spare["blocks"]) == (SPARE, "CR-2", "check-out")
    found = verification.verify(port.library, root=port.root)
    assert (found.ok, found.minutes) == (True, 1)


def test_minutes_in_words_name_every_decision_vote_and_what_carries_over(port):
    kept = signed(port)
    parts = words.parts(json.loads(kept.text), canonical.rfc3339)
    text = "\n".join(line for part in parts for line in (part.heading, *part.lines))
    for said in (
        "m.jansen, member: 2026-11-22T10:00:00Z",
        "1. CR-2: Replace sw-11",
        "2 of 2 seats were filled at the meeting, the policy asks for 2: a quorum was present.",
        "p.ng (member): approve with conditions: Fine; fans are late.\n    on condition: before check-out",
        "satisfied: rule: Majority: 2 approve, 0 reject.",
        "AI-1: Order fans (k.chen)\nAI-2: before check-out: spare fans are on site (k.chen, due",
        "; of CR-2, blocks check-out)",
        "Carried over to the next meeting\nCR-3",
    ):
        assert said in text


def test_what_was_done_before_the_minutes_were_signed_stands_in_them_all_the_same(port):
    with port.store.write() as uow:
        for id, state in (("AI-1", "declined"), ("AI-2", "closed")):
            said = {"evidence": "Seen.", "evaluation": "Fans came."}
            uow.replace(uow.get(ActionItem, id).but(state=state, **said))
        uow.commit()
    told = json.loads(signed(port).text)
    assert [one["id"] for one in told["actions"]] == ["AI-1", "AI-2"]


def test_only_who_chairs_signs_and_only_with_a_key_of_their_own(port):
    with pytest.raises(Refused) as stranger:
        signed(port, by="p.ng")
    with pytest.raises(Refused):
        signed(port, key=port.keys.private("p.ng"))
    assert "does not chair the board port" in stranger.value.reason
    with port.store.read() as uow:
        assert tables_meetings.minutes_of(uow, "MT-1") == ()


def test_minutes_of_an_open_or_cancelled_meeting_are_not_signed(port):
    chair = {"actor": "m.jansen", "at": END}
    meeting = calling.call(port.store, board="port", planned_at=END, **chair)
    key = port.keys.private("m.jansen")
    with pytest.raises(Refused) as early:
        minutes.sign(port.library, meeting.id, by="m.jansen", key=key, at=END)
    calling.cancel(port.store, meeting.id, **chair)
    with pytest.raises(Refused) as cancelled:
        minutes.sign(port.library, meeting.id, by="m.jansen", key=key, at=END)
    assert "is planned" in early.value.reason
    assert "was cancelled, not held" in cancelled.value.reason


def test_corrected_minutes_are_a_new_version_and_the_old_one_is_kept(port):
    first = signed(port)
    with pytest.raises(Refused) as same:
        signed(port)
    noted(port)
    second = signed(port, at=END + timedelta(hours=1))
    assert "signed as they stand: version 1" in same.value.reason
    assert (second.version, second.previous) == (2, first.digest)
    head = port.library.vault.head()
    kept = [port.library.vault.find(head, f"records/minutes/MT-1-{one}.json") for one in (1, 2)]
    assert [data.decode() for data in kept] == [first.text, second.text]
    assert verification.verify(port.library).ok


@pytest.mark.parametrize("column", ["text", "signature", "key", "by", "at", "record", "previous", "digest"])
def test_a_column_of_minutes_changed_in_the_database_is_named(port, column):
    signed(port)
    with port.store.write() as uow:
        new = {"by": "p.ng", "at": "2026-11-22T12:00:00Z"}.get(column, "x")
        uow.rows(f'UPDATE minutes SET "{column}" = ?', new)
        uow.commit()
    assert failure(port).kind in ("minutes", "library")
    assert "minutes" in failure(port).why.lower()


@pytest.mark.parametrize("column", ["attendance", "agenda", "closed_by", "opened_at"])
def test_a_meeting_that_is_not_what_its_signed_minutes_tell_of_is_named(port, column):
    signed(port)
    noted(port)  # what the chair corrects since is no forgery
    assert verification.verify(port.library).ok
    with port.store.write() as uow:
        new = {"closed_by": "p.ng", "opened_at": "2026-11-22T12:00:00Z"}.get(column, "[]")
        uow.rows(f"UPDATE meeting SET {column} = ?", new)
        uow.commit()
    assert failure(port).why == "The meeting MT-1 is not the one its signed minutes tell of."


def test_minutes_taken_out_of_the_database_are_missed(port):
    signed(port)
    with port.store.write() as uow:
        uow.rows("DELETE FROM minutes")
        uow.commit()
    assert failure(port).why == "The minutes MT-1-1 are missing from the database."


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"signer": "p.ng"}, "not signed by a key registered for m.jansen"),
        ({"signer": "p.ng", "by": "p.ng"}, "p.ng, who signed the minutes, did not chair the board"),
        ({"version": 3}, "do not follow the version before them"),
        ({"previous": "0" * 64}, "do not follow the version before them"),
        ({"site": "0" * 40}, "another site or meeting"),
        ({"meeting": "MT-7"}, "another site or meeting"),
        ({"board": "nowhere"}, "did not chair the board"),
    ],
)
def test_forged_minutes_are_named(port, changes, says):
    sneaked(port, forged(port, signed(port), **changes))
    found = failure(port)
    assert found.kind == "minutes"
    assert says in found.why


def test_minutes_of_a_decision_that_was_not_taken_so_are_named(port):
    kept = signed(port)
    [decided, carried] = canonical.decode(kept.text.encode())[1]["agenda"]
    [taken] = decided["taken"]
    for agenda in (
        [{**decided, "taken": [{**taken, "result": "lost"}]}, carried],
        [decided, {**carried, "taken": [taken]}],
    ):
        with pytest.raises(failures.Failed) as failed:
            _held(port, forged(port, kept, agenda=agenda))
        assert "that was not taken so" in failed.value.failure.why


def _held(port, files):
    """Prove a library with these files in one more commit, in a copy of its own."""
    copy = port.library.vault.path.with_name(
        f"copy-{len(list(port.library.vault.path.parent.iterdir()))}.git"
    )
    shutil.copytree(port.library.vault.path, copy)
    with port.store.read() as uow:
        author = uow.get(Person, "m.jansen")
    with Vault.open(copy) as vault:
        head = vault.head()
        prepared = vault.prepare(
            list(files.items()),
            name="REC-000099",
            parent=head,
            author=author,
            at=END,
            subject="minutes",
            trailers={"Record": "REC-000099", "Actor": "m.jansen", "Site": "0123456789abcdef"},
            key=port.keys.private("m.jansen"),
        )
        proof.prove(vault, prepared.commit, verify=signatures.verify)


@pytest.mark.parametrize("name", ["MT-1-2.json", "MT-1-2.sig", "notes.txt", "MT-x-1.json"])
def test_what_is_no_signed_minutes_among_the_minutes_is_named(port, name):
    signed(port)
    sneaked(port, {f"records/minutes/{name}": b"{}"})
    assert "no signed minutes" in failure(port).why


def test_a_rebuild_restores_minutes_and_the_meeting_they_tell_of(port, tmp_path):
    first = signed(port)
    noted(port)
    second = signed(port, at=END + timedelta(hours=1))
    with port.store.read() as uow:
        before = uow.get(Meeting, "MT-1")
    folder = tmp_path / "lost"
    shutil.copytree(port.library.vault.path, folder / "library.git")
    site = Site(path=folder, name="Port")
    rebuild.rebuild(site, actor="a.vries", at=END, apply=True)
    with Library.open(site) as again:
        with again.store.read() as uow:
            assert tables_meetings.minutes_of(uow, "MT-1") == (first, second)
            assert uow.get(Meeting, "MT-1") == before
            assert not minutes.unsigned(uow, "MT-1", at=END)
        report = verification.verify(again, root=port.root)
        made = calling.call(again.store, board="port", planned_at=END, actor="m.jansen", at=END)
    assert report.ok, report.failure
    assert made.id == "MT-2"


def test_action_items_stay_told_when_corrected_minutes_are_signed_after_a_rebuild(port):
    signed(port)
    with port.store.write() as uow:
        uow.rows("DELETE FROM action_item")
        uow.commit()
    noted(port)
    assert [one["what"] for one in json.loads(signed(port).text)["actions"]] == ["Order fans", SPARE]


def test_minutes_moved_between_signing_and_keeping_are_refused(port, monkeypatch):
    really = signatures.sign

    def meanwhile(*given, **more):
        noted(port, "somebody was quicker")
        monkeypatch.setattr(signatures, "sign", really)
        return really(*given, **more)

    monkeypatch.setattr(signatures, "sign", meanwhile)
    with pytest.raises(Refused) as refusal:
        signed(port)
    assert "moved while its minutes were signed" in refusal.value.reason
    assert verification.verify(port.library).ok
