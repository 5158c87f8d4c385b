"""The demo runs to its end, and what it prints is the story it promises."""

import pytest


@pytest.fixture
def told(demo) -> str:
    terminal, answer = demo
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


def test_it_leaves_a_site_that_proves_itself_and_no_tampered_copy(demo):
    terminal, _ = demo
    assert terminal.as_("e.dubois").types("verify").code == 0
    assert [one.name for one in terminal.site.parent.iterdir() if "tampered" in one.name] == []


def test_a_folder_that_is_not_empty_is_left_alone(demo, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    terminal, _ = demo
    answer = terminal.types("demo", str(tmp_path))
    assert answer.code == 4
    assert "not empty" in answer.err
    assert (tmp_path / "mine.txt").read_text() == "keep"
