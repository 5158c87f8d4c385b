"""Whoever keeps a site sets up mail, says who is told of what, and finds what did not arrive."""

import pytest

from tests import mailbox
from tests.mailbox import REFUSES, Postbox

LATER = "2026-11-24T07:10:00Z"


@pytest.fixture
def post(port):
    """The port of Westhaven with mail that goes to a server on loopback, not up yet."""
    box, where = Postbox(), mailbox.free_port()
    toml = port.site / "site.toml"
    said = f'\n[mail]\nhost = "127.0.0.1"\nport = {where}\nsecurity = "none"\n'
    said += 'sender = "Port <cmdb@port.example>"\n'
    toml.write_text(toml.read_text("utf-8") + said, "utf-8")
    return port.as_("a.vries"), box, where


def test_without_mail_everything_works_and_the_command_says_how_to_set_it_up(port):
    me = port.as_("a.vries")
    me.refused("notice check", code=4, says="no [mail]")
    assert "Mail" not in me.types("tick").err
    assert "at once" in me.does("notice mail")


def test_mail_that_could_not_go_out_is_shown_kept_and_sent_once_the_server_is_back(post):
    me, box, where = post
    assert "Connection refused" in me.types("tick").err
    waiting = me.types("inbox --undelivered --json").json
    assert {one["state"] for one in waiting} == {"waiting"}
    assert any(one["kind"] == "mail" for one in me.types("doctor --json").json["findings"])
    assert me.types("tick").err == "Nothing became due.\n"
    with mailbox.running(box, where):
        # By then more became due: nobody said how CR-2 went, and the window of CR-4 ended before its vote.
        assert f"Mail: {len(waiting) + 3} sent." in me.at(LATER).types("tick").err
        assert me.at(LATER).types("tick").err == "Nothing became due.\n"
        assert "The server said: OK" in me.does("notice check --send")
    assert len(box.arrived) == len(waiting) + 4
    assert me.types("inbox --undelivered --json").json == []
    told = [one for one in box.arrived[:-1] if "not closed" not in str(one["subject"])]
    assert all("CET" in one.get_content() for one in told)  # the times of the site
    assert "sent" in me.does("notice check")


def test_a_refused_address_is_corrected_and_the_mail_sent_again(post):
    me, box, where = post
    box.answers["s.okafor@westhaven.example"] = REFUSES
    with mailbox.running(box, where):
        assert "refused. See 'cmdb inbox --undelivered'." in me.types("tick").err
        [*numbers] = [str(one["notice"]) for one in me.types("inbox --undelivered --json").json]
        me.refused("notice retry", code=2, says="Give numbers")
        me.refused(f"notice retry {numbers[0]} 9999", code=3, says="no notice 9999")
        box.answers.clear()
        assert f"{len(numbers)} to be sent again" in me.does("notice retry --all")
        assert f"Mail: {len(numbers)} sent." in me.types("tick").err


def test_a_person_chooses_one_mail_a_day(post):
    me, box, where = post
    port = me.as_("s.okafor")
    assert "digest" in port.does("notice mail digest")
    port.refused("notice mail off --person l.hansen", code=4, says="register people")
    with mailbox.running(box, where):
        me.does("tick")
        mine = "s.okafor@westhaven.example"
        assert not any(mine in one for one in box.recipients)
        me.at(LATER).does("tick")
        assert sum(mine in one for one in box.recipients) == 1
    assert any("2 things you were told" in one for one in box.subjects())


def test_a_template_with_a_mistake_stops_mail_and_nothing_else(post):
    me, box, where = post
    (me.site / "mail").mkdir()
    (me.site / "mail" / "notice.txt").write_text("Subject: $nothing\n\nx\n", "utf-8")
    answer = me.types("tick")
    assert answer.code == 2
    assert "action item" in answer.out  # what became due was noted all the same
    assert "$nothing" in answer.err
    assert "$nothing" in me.types("doctor").out
    (me.site / "mail" / "notice.txt").unlink()
    with mailbox.running(box, where):
        assert "sent" in me.types("tick").err


def test_a_mistake_in_the_settings_stops_mail_and_nothing_else(port):
    toml = port.site / "site.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[mail]\nhost = "h"\npassword = "geheim"\n', "utf-8")
    answer = port.as_("a.vries").types("tick")
    assert answer.code == 2
    assert "action item" in answer.out
    assert "does not stand in site.toml" in answer.err
    assert "geheim" not in answer.words + port.types("doctor").words
    assert "Nothing became due" not in port.as_("a.vries").types("tick").err


def test_who_is_told_is_shown_said_and_taken_back(port):
    me = port.as_("a.vries")
    shown = me.does("notice rules")
    assert "1 day " in shown
    assert "role:service manager" in shown
    said = me.does("notice tell 'vote asked' 'role:service manager' person:k.chen")
    assert "also hear: role:service manager, person:k.chen" in said
    [rule] = me.types("notice rules 'vote asked' --json").json
    assert rule["told"] == [
        {"after_days": 0, "recipients": ["role:service manager", "person:k.chen"], "said_here": True}
    ]
    assert "nobody" in me.does("notice tell 'vote asked' --default")
    assert "2 days overdue" in me.does("notice tell 'action overdue' lead --after 2")
    assert "nobody" in me.does("notice tell 'action overdue' --after 2 --nobody")
    me.refused("notice tell 'vote asked'", code=2, says="Give recipients")
    me.refused("notice tell 'vote asked' lead --nobody", code=2, says="Give recipients")
    me.refused("notice tell 'vote asked' --default", code=3, says="says nothing itself")
    me.refused("notice tell 'good news' lead", code=2, says="no kind of notice")
    me.refused("notice rules 'good news'", code=2, says="no kind of notice")
    me.refused("notice tell 'vote asked' role:king", code=2, says="no role 'king'")
    port.as_("k.chen").refused("notice tell 'vote asked' lead", code=4, says="say who is told")


def test_action_items_are_amended_and_reported_in_five_forms(port, tmp_path):
    me = port.as_("a.vries")
    me.does("action add 'Label the racks' --owner k.chen --due '2026-11-20'")
    me.does("action amend AI-1 --owner p.ng --plan 'on Monday'")
    me.refused("action amend AI-1", code=2, says="Nothing was said")
    me.refused("action amend AI-1 --owner nobody", code=2, says="not valid")
    me.refused("action add 'x' --owner me --origin change:CR-999", code=3, says="no change 'CR-999'")
    assert "Label the racks" in me.does("report actions")
    for form in ("md", "html", "csv"):
        assert "AI-1" in me.does(f"report actions --format {form}")
    record = me.types("report actions --json --by week").json
    assert record["initiated"] == 1
    assert record["overdue"] == ["AI-1"]
    assert record["units"] == [{"unit": "2026-W47", "initiated": 1, "ended": 0}]
    me.does("report actions --to", str(tmp_path / "a.csv"))
    assert "Label the racks" in (tmp_path / "a.csv").read_text("utf-8")
