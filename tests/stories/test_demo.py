"""The demo runs to its end, and what it prints is the story it promises."""

import pytest


@pytest.fixture
def told(whole_demo) -> str:
    terminal, answer = whole_demo
    assert answer.code == 0, answer.out
    assert terminal.site.is_dir()
    return answer.out


@pytest.mark.parametrize(
    "fact",
    [
        "svc-gate-yard is in outage because it consists of app-gate-os (hard)",
        "sla-north-quay  svc-gate-yard  99.9%     41        38     38           3  ○ kept",
        "sla-north-quay  svc-gate-yard    41        38     90  ▲ BREACH if worst",
        "CR-3 is under review: no decision carries it.",
        "CR-3    STALE",
        "planned outage, worst case: 1h30m became 1h45m",
        "clash     Together with CR-3, ",
        "CR-3 is checked in as BL-000003.",
        "~ sw-11  serial: WH-EX46-11 -> WH5120-0417  CR-3",
        "+ sw-31 uses sw-13  CR-3",
        "sw-41 is there and not recorded",
        "lb-edge firmware is 17.5, recorded 17.1",
        "EV-12 is analysed.",
        "Proved: 4 baselines, 3 changes, 10 votes.",
        "item sw-13 was changed in the database without a baseline.",
        "cmdb --site",
    ],
)
def test_the_story_tells(told, fact):
    assert fact in told


def test_the_story_comes_in_its_order(told):
    order = ["BREACH if worst", "STALE", "BL-000003", "Proved:", "without a baseline", "== Your turn"]
    places = [told.index(one) for one in order]
    assert places == sorted(places)


def test_it_leaves_a_site_that_proves_itself_and_no_tampered_copy(whole_demo):
    terminal, _ = whole_demo
    assert terminal.as_("e.dubois").types("verify").code == 0
    assert [one.name for one in terminal.site.parent.iterdir() if "tampered" in one.name] == []


def test_a_folder_that_is_not_empty_is_left_alone(demo, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    terminal, _ = demo
    answer = terminal.types("demo", str(tmp_path))
    assert answer.code == 4
    assert "not empty" in answer.err
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize(
    ("person", "line", "facts"),
    [
        ("a.vries", "today", ["CR-4, Upgrade the firmware", "MS-4, e.dubois: Owners trained", "AUD-1"]),
        ("k.chen", "today", ["AI-1, Correct FND-2: lb-edge firmware is 17.5, recorded 17.1"]),
        ("p.ng", "today", ["EV-12, A disk of the array"]),
        ("l.hansen", "event list", ["EV-11", "EV-10", "resolved"]),
        ("l.hansen", "need compare pilots", ["promises 99.8 %, 99.9 % is needed"]),
        ("l.hansen", "catalogue list", ["std-mail", "baselined"]),
        ("e.dubois", "document check cm-plan", ["activities", "section 1"]),
        ("e.dubois", "report workload", ["event-plan  incidents", "5 a month"]),
        ("e.dubois", "milestone list", ["MS-4", "LATE", "MS-5"]),
        ("e.dubois", "audit list", ["AUD-1", "2 open", "AUD-2", "planned"]),
        ("e.dubois", "training list", ["Configuration management"]),
        ("e.dubois", "review list", ["CM of the port"]),
        ("e.dubois", "outage list", ["out-0008", "out-0009"]),
    ],
)
def test_every_place_of_it_has_something_to_show(lively_port, person, line, facts):
    said = lively_port.as_(person).does(line)
    for fact in facts:
        assert fact in said


def test_the_main_job_alone_leaves_no_more_than_the_change(port):
    manager = port.as_("e.dubois")
    for line in ("event list", "audit list", "document list", "need list", "training list"):
        assert manager.types(f"{line} --json").json == [], line
