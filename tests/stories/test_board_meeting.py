"""A board meets: the whole of a meeting at several terminals, and what a meeting refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def everybody_at_once(terminal, lines):
    """Start each command line (person, words) as a process at the same moment; give the answers."""
    environ = {
        **os.environ,
        "CMDB_SITE": str(terminal.site),
        "CMDB_KEYS": str(terminal.keys),
        "CMDB_NOW": terminal.now,
        "XDG_STATE_HOME": str(terminal.site.with_name("several")),
        "PYTHONPATH": str(ROOT),
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tui", *words],
            env={**environ, "CMDB_PERSON": person},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for person, words in lines
    ]
    return [(*one.communicate(timeout=120), one.returncode) for one in running]


@pytest.fixture
def meeting(port):
    """An open meeting of the change board with one ballot on its agenda."""
    chair = port.as_("a.vries")
    chair.does("board meeting call --board change-board --at now")
    chair.does("board meeting agenda MT-1 --topic 'Back-outs of last week' --place 1")
    chair.does("board meeting open MT-1")
    return chair


def test_a_whole_meeting_from_the_call_to_signed_minutes_and_their_report(meeting, tmp_path):
    meeting.does("board meeting attend m.jansen s.okafor")
    meeting.as_("k.chen").does("board meeting attend k.chen")
    meeting.does("board meeting note 1 -m 'Two, both foreseen.'")
    meeting.does("board meeting action 'Order fans' --owner k.chen --due 2026-12-01T09:00Z")
    assert "2. CR-4" in meeting.does("board meeting next")
    refused = meeting.refused("board meeting close", code=4, says="open ballots")
    assert "2. CR-4" in refused.err
    for voter in ("k.chen", "m.jansen", "s.okafor", "l.hansen", "a.vries"):
        meeting.as_(voter).does("vote CR-4 approve")
    assert "MT-1 is closed" in meeting.does("board meeting close")
    meeting.as_("k.chen").refused("board meeting minutes MT-1 --sign", code=4, says="does not chair")
    told = meeting.does("board meeting minutes MT-1 --sign")
    assert "4 of 5 seats were filled at the meeting, the policy asks for 3" in told
    assert "Signed as version 1" in told
    assert "Proved" in meeting.does("verify")
    report = meeting.types("report minutes --json").json
    [held] = report["meetings"]
    assert held["minutes"]["actions"][0]["what"] == "Order fans"
    for form, says in (
        ("text", "Two, both foreseen."),
        ("md", "# Minutes of the change control boards"),
        ("html", "<h2>Decisions</h2>"),
        ("csv", "MT-1,"),
    ):
        assert says in meeting.does(f"report minutes --format {form}")
    meeting.does(f"report minutes --to {tmp_path / 'minutes.md'}")
    assert "Order fans" in (tmp_path / "minutes.md").read_text()
    assert "Counted again: carried, as decided." in meeting.does("board replay CR-4")


def test_members_who_vote_at_the_same_moment_are_all_counted_and_linked(meeting):
    voters = ("k.chen", "m.jansen", "s.okafor", "l.hansen", "a.vries")
    for _out, err, code in everybody_at_once(meeting, [(one, ["vote", "CR-4", "approve"]) for one in voters]):
        assert code == 0, err
    shown = json.loads(meeting.does("board meeting show --json"))
    [taken] = shown["agenda"][1]["decisions"]
    assert taken["result"] == "carried"
    assert sorted(vote["voter"] for vote in taken["votes"]) == sorted(voters)
    assert taken["present"] == ["a.vries"]
    assert meeting.types("verify").code == 0


def test_members_who_come_at_the_same_moment_are_all_there(meeting):
    came = ("k.chen", "m.jansen", "s.okafor")
    answers = everybody_at_once(meeting, [(one, ["board", "meeting", "attend", one]) for one in came])
    assert [code for _out, _err, code in answers] == [0, 0, 0], answers
    shown = json.loads(meeting.does("board meeting show --json"))
    assert sorted(shown["present"]) == ["a.vries", *came]


def test_what_is_open_at_the_end_is_deferred_by_the_chair_or_carried_over(meeting):
    meeting.refused("board meeting close --carry-over --defer-until +14d", code=2, says="not both")
    meeting.refused("board meeting close --defer-until +14d", code=2, says="needs its reason")
    meeting.does("board meeting close --defer-until 2026-12-01T09:00Z -m 'the maker is asked first'")
    shown = json.loads(meeting.does("board meeting show MT-1 --json"))
    [_topic, item] = shown["agenda"]
    assert (item["state"], item["decisions"][0]["rationale"]) == ("deferred", "the maker is asked first")
    shown = meeting.does("change show CR-4")
    assert (
        "outcome   deferred until 2026-12-01 10:00 CET\n          a.vries: the maker is asked first" in shown
    )
    told = meeting.as_("r.bakker").does("inbox")
    assert "CR-4 is deferred until 2026-12-01 10:00 CET" in told
    assert "(the maker is asked first)" in told


def test_several_are_decided_at_once_and_each_refusal_is_named(meeting):
    answer = meeting.types("board decide CR-4 CR-5 CR-99")
    assert answer.code == 4
    assert "3 of 3 were not decided." in answer.err
    assert "CR-99: There is no change request" in answer.err


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("board meeting call --board change-board --series x", 2, "one of them"),
        ("board meeting call --board nowhere --at now", 3, "no board"),
        ("board meeting call --board change-board --at 2020-01-01T00:00Z", 4, "passed"),
        ("board meeting call --board change-board", 2, "When the meeting is was not said"),
        ("board meeting call --board change-board --at +1h --for 13h", 2, "12 hours"),
        ("board meeting open MT-1", 4, "MT-1 is open, not planned"),
        ("board meeting open MT-9", 3, "no meeting"),
        ("board meeting attend nobody", 3, "nobody"),
        ("board meeting next 99", 2, "has no item 99"),
        ("board meeting note 99 -m x", 2, "has no item 99"),
        ("board meeting action x --owner nobody", 4, "not registered"),
        ("board meeting minutes --sign", 4, "minutes are signed of a closed meeting"),
        ("board meeting minutes --version 3", 3, "no minutes of version 3"),
        ("board meeting agenda MT-1 --put CR-5", 4, "does not lie before the board"),
        ("board meeting agenda MT-1 --put CR-4 --topic x", 2, "One thing"),
        ("board series add x --board change-board --every FREQ=HOURLY --at 10:00", 2, "FREQ"),
        ("board series add x --board change-board --every FREQ=DAILY --at 25:00", 2, "time of day"),
        ("board series add x --board change-board --every FREQ=DAILY --at 10:00 --zone Mars", 2, "Mars"),
        ("board series end x", 3, "no series"),
        ("board replay CR-5", 4, "Nothing was decided on CR-5"),
        ("board replay CR-2 --number 7", 3, "no decision 7"),
        ("report minutes --since 2026-12-01T00:00Z --until 2026-11-01T00:00Z", 2, "ends before it begins"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy_and_changes_nothing(meeting, line, code, says):
    meeting.refused(line, code=code, says=says)


def test_a_member_has_somebody_vote_in_their_seat_for_a_while_through_the_site_board(port):
    member, stands_in = port.as_("k.chen"), port.as_("e.dubois")
    stands_in.refused("board delegate change-board p.ng --until +14d", code=4, says="has no seat")
    member.refused("board delegate change-board m.jansen --until +14d", code=2, says="not valid")
    member.refused("board delegate change-board nobody --until +14d", code=3, says="nobody")
    member.refused("board delegate change-board e.dubois", code=2, says="Until when")
    stands_in.refused("vote CR-4 approve", code=4, says="has no seat")
    member.does("board delegate change-board e.dubois --until +14d -m 'on leave' --submit")
    stands_in.does("vote CR-6 approve")
    member.does("check-out CR-6")
    member.does("check-in CR-6 --apply")
    assert "e.dubois for k.chen" in member.does("board show change-board")
    stands_in.does("vote CR-4 approve")
    assert "e.dubois (alternate for k.chen)" in member.does("change show CR-4")
    assert "Proved" in member.does("verify")
