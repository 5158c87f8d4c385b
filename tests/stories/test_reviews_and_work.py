"""A configuration manager plans reviews, records trainings, logs work and keeps the milestones of a plan."""

import json

import pytest


@pytest.fixture
def me(port):
    return port.as_("a.vries")


def test_a_review_is_planned_prepared_held_and_planned_again(me):
    me.does(
        "review plan 'senior management' 'CM in the fourth quarter' --on '2026-11-20 14:00' --every quarter"
        " --with e.dubois --group network --material 'figures.pdf' --approver e.dubois"
    )
    assert "MISSED" in me.does("review list --missed")
    assert "not held: CM in the fourth quarter" in me.does("tick")
    me.refused("review hold RV-1 -m x", code=4, says="was not approved by e.dubois")
    me.as_("e.dubois").does("review approve rv-1")
    me.does("action add 'Hire an auditor' --origin review:rv-1 --owner e.dubois")
    said = me.does(
        "review hold rv-1 -m 'Two audits are late.' --issue 'audits late' --decision 'hire one' --to m.jansen"
    )
    assert said == "RV-1 is held. The next is RV-2, 2027-02-20 14:00 CET.\n"
    shown = me.does("review show RV-1")
    for part in ("hire one", "audits late", "Hire an auditor", "received by", "figures.pdf"):
        assert part in shown
    record = me.types("review show RV-1 --json").json
    assert (record["state"], record["missed"]) == ("held", False)
    assert [one["what"] for one in record["action_items"]] == ["Hire an auditor"]
    notices = me.as_("m.jansen").types("inbox --json --all").json["notices"]
    assert "RV-1 was held" in notices[0]["text"]
    me.refused("review plan customer x --every year", code=2, says="was not said")
    me.refused("review plan customer x --on 2026-12-01", code=2, says="not valid")
    me.refused("review amend RV-2", code=2, says="Nothing was said")
    me.does("review amend RV-2 --on '2027-03-01 10:00' --holder e.dubois")
    me.does("review cancel RV-2 -m 'merged with the yearly one'")
    assert me.types("review list --json").json == []
    assert len(me.types("review list --all --json").json) == 2


def test_who_lacks_a_training_is_found(me):
    me.does("training record 'CM procedures' k.chen r.bakker --evidence 'list of 3 November' --on '3 Nov'")
    assert "2026-11-03" in me.does("training list --person k.chen")
    lacking = me.types("training lacks 'cm procedures' --group network --json").json
    assert {"k.chen", "r.bakker"}.isdisjoint(one["person"] for one in lacking)
    assert me.types("training lacks 'first aid' --group network --exit-code").code == 1
    me.does("training withdraw TR-1 -m 'another Chen'")
    assert "k.chen" in me.does("training lacks 'CM procedures' --group network")
    me.refused("training lacks x --group nowhere", code=3, says="no group")
    me.refused("training record x nobody --evidence y", code=2, says="no person 'nobody'")


def test_work_is_logged_and_reported_in_five_forms(me, tmp_path):
    assert "2.5 h" in me.does("work log change:cr-3 2h30m -m 'cabling'")
    me.does("work log change:CR-3 --cost 99.50 --person k.chen --on yesterday")
    me.refused("work log change:CR-99 1h", code=3, says="no change 'CR-99'")
    me.refused("work log sw-11 1h", code=2, says="names no record")
    me.refused("work log change:CR-3", code=2, says="not valid")
    me.refused("work log change:CR-3 --cost much", code=2, says="no amount of money")
    me.refused("work log change:CR-3 1h --on tomorrow", code=2, says="not valid")
    assert "99.50" in me.does("work list --record change:CR-3")
    assert "By person" in me.does("report work")
    for form in ("md", "html"):
        assert "change:CR-3" in me.does(f"report work --format {form}")
    assert me.does("report work --format csv").startswith("id,day,person,record,hours,cost,note")
    record = me.types("report work --json").json
    assert (record["total"]["spent"], record["total"]["cost"]) == (9000, "99.50")
    me.does("work withdraw WL-1 -m 'typed twice'")
    assert me.types("report work --json").json["total"]["spent"] == 0
    me.does("report work --to", str(tmp_path / "w.md"))


def test_milestones_are_held_against_their_plan(me, tmp_path):
    first = (
        "milestone add cm-plan 'First audit' --planned 2026-11-10 --owner k.chen --effort 40h --funds 1000"
    )
    me.refused(first, code=2, says="no document 'cm-plan'")
    (tmp_path / "plan.yaml").write_text("id: cm-plan\nkind: CM plan\ntitle: CM plan\nowner: k.chen\n")
    me.does("document register", str(tmp_path / "plan.yaml"))
    me.does(first)
    me.does("work log milestone:MS-1 8h --cost 250")
    assert "LATE" in me.does("milestone list --late")
    shown = me.does("milestone show ms-1")
    assert "8 h of 40 h planned" in shown
    assert "250 of 1,000 planned" in shown
    [row] = me.types("report milestones --json").json["milestones"]
    assert (row["days_late"], row["spent"]) == (12, 28_800)
    me.does(
        "review plan internal 'The plan' --about document:cm-plan --on 2026-11-20 --occasion new"
        " --group network"
    )
    plan = me.does("document show cm-plan")
    for words in ("0 of 1 reached (0 %), 1 late", "8 h of 40 h planned", "250 of 1,000 planned", "MISSED"):
        assert words in plan
    found = me.types("document show cm-plan --json").json
    assert (found["progress"]["late"], found["progress"]["effort"]) == (1, 28_800)
    assert [one["id"] for one in (*found["milestones"], *found["reviews"])] == ["MS-1", "RV-1"]
    me.does("milestone add cm-plan Second --planned 2026-12-10 --owner k.chen --effort 8h")
    assert "8 h of 48 h planned" in me.does("report milestones")
    me.does("milestone drop MS-2 -m 'not any more'")
    assert "8 h of 40 h planned" in me.does("report milestones")
    for form in ("text", "md", "html", "csv"):
        assert "First audit" in me.does(f"report milestones --format {form}")
    me.refused("milestone amend MS-1 -m x", code=2, says="Nothing was said")
    me.does("milestone amend MS-1 -m 'no staff' --planned 2026-12-10")
    me.does("milestone reach MS-1 --evidence AU-1 --on 2026-11-22")
    me.refused("milestone drop MS-1 -m x", code=4, says="reached on 2026-11-22")
    assert json.loads(me.does("milestone list --json")) == []
    assert "planned first  2026-11-10" in me.does("milestone show MS-1")
