"""Control levels and baselines of scopes at the command line, from a draft to the proof."""

from pathlib import Path

import pytest

from tests.conftest import Keys
from tests.tui.test_cli_site import Line


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], tmp_path: Path, keys: Keys) -> Line:
    """A site of one person with two candidates, of which one needs the other."""
    typing = Line(capsys, tmp_path / "port", keys, "e.dubois")
    typing(
        "init", str(typing.site), "--name", "Port", "--zone", "UTC", "--person-name", "Elise", "--test-clock"
    )
    for id in ("app", "db"):
        typing("item", "register", id, "--type", "application", "--name", id, "--owner", "e.dubois")
    typing("item", "connect", "app", "db")
    return typing


def decided(line: Line, request: str) -> None:
    for words in (("change", "submit"), ("change", "assess"), ("board", "refer")):
        line(*words, request)
    line("vote", request, "approve")


def test_a_set_is_promoted_agreed_on_and_found_again(line: Line) -> None:
    wanted = ("promote", "app", "--to", "controlled", "--criterion", "customers rely on it", "-m", "go live")
    assert line.json(*wanted)["count"] == 2
    assert line.json("change", "list") == []
    assert line.json(*wanted, "--apply") == {"request": "CR-1", "state": "draft"}
    decided(line, "CR-1")
    assert "move 2 records of 'item:app' up to controlled" in line("baseline", "establish", "CR-1")
    line("baseline", "establish", "CR-1", "--apply")
    assert line.json("item", "show", "db")["level"] == "controlled"

    agreed = ("baseline", "establish", "list:core", "--item", "db", "-m", "audit")
    assert line.json(*agreed, "--apply") == {"request": "CR-2", "state": "draft"}
    decided(line, "CR-2")
    assert line.json("baseline", "establish", "CR-2", "--apply")["baseline"] == "BL-000001"
    [listed] = line.json("baseline", "list", "--scope", "list:core")
    assert (listed["id"], listed["scope"]) == ("SB-000001", "list:core")
    assert "db" in line.json("baseline", "show", "list:core")["members"]["item"]
    assert line.json("item", "show", "db")["baselines"] == [
        {"id": "SB-000001", "scope": "list:core", "baseline": "BL-000001"}
    ]
    assert line.json("baseline", "compare", "SB-000001", "latest")["changed"] == []
    assert "as it was in SB-000001" in line("baseline", "restore", "SB-000001", "--all")
    assert line.json("verify")["ok"] is True


def test_the_policy_that_decides_is_told_with_why_others_do_not(line: Line) -> None:
    line("promote", "app", "--to", "controlled", "--criterion", "x", "-m", "go live", "--apply")
    said = line("board", "policy", "test", "CR-1")
    assert "a promotion of controlled records" in said
    told = line.json("board", "policy", "test", "CR-1")
    assert told["policy"]["id"] == "site-promotion"
    assert told["others"]["site-change"] == ["it decides about a change, this is a promotion"]


def test_a_least_level_is_asked_for_by_request_and_checked(line: Line) -> None:
    assert line.json("level", "check") == []
    assert (
        line.json("level", "require", "type:application", "baselined", "-m", "promised")["request"] == "CR-1"
    )
    assert line.json("level", "list") == []
    line("level", "require", "type:nothing", "baselined", code=2)
    line("level", "require", "item:app", "baselined", code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "--to", "controlled"), "No item is named."),
        (("promote", "app", "service:app", "--to", "controlled"), "stands alone"),
        (("promote", "app", "--to", "controlled", "--leave-out", "db"), "gives no reason"),
        (("promote", "app", "--to", "controlled"), "has no selection criterion"),
        (("promote", "nothing", "--to", "controlled"), "There is no scope 'item:nothing'"),
        (("promote", "--where", "type:unheard-of", "--to", "controlled"), "No item matches"),
        (("demote", "app"), "There is nothing in this scope"),
        (("baseline", "establish", "list:core", "-m", "x"), "a list names its items"),
        (("baseline", "establish", "service:nothing"), "There is no scope"),
        (("baseline", "establish", "all", "--leave-out", "db=later"), "from 'all' nothing is left out"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_drafted(line: Line, words: tuple[str, ...], said: str) -> None:
    line(*words, "--apply", code=2)
    assert said in line.said.err
    assert line.json("change", "list") == []
