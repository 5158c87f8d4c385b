"""An auditor who was given the root proves the history, and finds every kind of forgery."""

import json
import shutil
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

FORGED_LINK = (
    "DELETE FROM dependency WHERE source = (SELECT key FROM item WHERE id = 'sw-31')"
    " AND target = (SELECT key FROM item WHERE id = 'sw-13')"
)
FORGED_VOTE = "UPDATE vote SET reason = 'never' WHERE request = 'CR-3' AND voter = 't.ruiz' AND round = 2"


@pytest.fixture
def auditor(port: Terminal) -> Terminal:
    return port.as_("e.dubois")


def root_of(port: Terminal) -> str:
    with port.vault() as vault:
        return next(commit.id for commit in vault.walk(vault.head()) if not commit.parents)


def test_with_the_root_everything_is_proved_and_with_another_nothing(auditor: Terminal) -> None:
    root = root_of(auditor)
    assert f"Root {root} is the one you gave." in auditor.does(f"verify --root {root} --ssh-keygen")
    assert auditor.does(f"verify --root {root} --at-least BL-000003")
    unconfirmed = auditor.does("verify")
    assert "not confirmed by you" in unconfirmed
    other = "0" * 40
    auditor.refused(f"verify --root {other}", code=5, says="root")
    auditor.refused("verify --library ''", code=2, says="--library names nothing")
    assert auditor.types(f"verify --root {other} --exit-code").code == 1


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("UPDATE item SET owner = 'p.ng' WHERE id = 'sw-13'", "sw-13"),
        ("UPDATE item SET criterion = 'because' WHERE id = 'app-mail'", "app-mail"),
        (FORGED_LINK, "sw-31"),
        ("UPDATE policy SET quorum = 1 WHERE id = 'changes'", "changes"),
        ("UPDATE journal SET actor = 'p.ng' WHERE sequence = 5", "5"),
        ("DELETE FROM journal WHERE sequence = 7", "journal entry 7 is missing"),
        (FORGED_VOTE, "t.ruiz"),
    ],
)  # fmt: skip
def test_a_change_straight_in_the_database_is_named(auditor: Terminal, sql: str, names: str) -> None:
    auditor.tamper(sql)
    answer = auditor.types("verify")
    assert answer.code == 5, answer
    assert names in answer.err
    assert "For an engineer:" in answer.err
    found = json.loads(auditor.types("verify --json").out)
    assert not found["ok"]
    assert found["first_failure"]["why"]


def test_a_site_put_back_to_an_older_copy_does_not_pass_for_the_newest(
    auditor: Terminal, tmp_path: Path
) -> None:
    older = auditor.copy(tmp_path / "older")
    said = auditor.as_("k.chen").does("vote CR-4 reject -m 'not in the same night'")  # manages a service hit
    assert "CR-4 is rejected." in said
    assert auditor.types("verify").code == 0
    shutil.rmtree(auditor.site)
    shutil.copytree(older.site, auditor.site)
    answer = auditor.types("verify")
    assert answer.code == 5, answer
    assert "For an engineer:" in answer.err
