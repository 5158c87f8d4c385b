"""What is done every month is decided once: a template, and the changes that keep to it."""

import json
from pathlib import Path

from tests.stories.terminal import Terminal

TEMPLATE = """title: A template for new models
reason: we do this every month
changes:
  - template: new-model
    add:
      name: New model of a switch
      types: [network-device]
      free: [model]
      reason: keep what is supported
      backout: put the old one back
      test: ping
      window: 2h
window: {start: 2026-11-22T23:00:00Z, end: 2026-11-22T23:30:00Z}
backout: retire the template
test: list it
"""
NEW = 'change new --template new-model --item sw-31 --window "2026-11-24 22:00 2h" --set model=QFX5120'


def test_a_template_is_decided_once_and_its_changes_need_no_vote(port: Terminal, tmp_path: Path) -> None:
    manager, engineer = port.as_("e.dubois"), port.as_("k.chen")
    assert "There is no template" in manager.types("template list").words
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    for line in (f"new --file {file}", "submit CR-6", "assess CR-6", "refer CR-6"):
        manager.does(f"change {line}")
    manager.does("vote CR-6 approve")
    manager.does("check-out CR-6")
    manager.now = "2026-11-22T23:05:00Z"
    manager.does("check-in CR-6 --apply")
    shown = json.loads(engineer.does("template show new-model --json"))
    assert (shown["approved_by"], shown["window"]) == ("CR-6", 7200)
    engineer.refused(f"{NEW} --set name=x", code=2, says="'name' is no field the template sets")
    engineer.refused("change new --template new-model", code=2, says="names its items and its window")
    engineer.refused("change new", code=2, says="from a file or by a template")
    engineer.does(NEW)
    assert "approved by the template new-model" in engineer.does("change submit CR-7")
    assert "kind         standard, by the template new-model" in engineer.does("change show CR-7")
    tested = engineer.does("board policy test CR-7")
    assert "Approved by the template new-model" in tested
    assert "CR-7 is approved. A ballot on it now would ask for:" in tested
    engineer.refused("board replay CR-7", code=4, says="Nobody voted on CR-7: the template new-model")
    engineer.refused("change accept CR-7", code=4, says="'accept template' is not possible then")
    engineer.does("check-out CR-7")
    engineer.now = "2026-11-24T21:10:00Z"
    engineer.does("check-in CR-7 --apply")
    assert "QFX5120" in engineer.does("item show sw-31")
    assert json.loads(engineer.does("verify --json"))["ok"] is True
    engineer.does(NEW.replace("sw-31", "sw-21"))
    assert "a normal change now, and a draft" in engineer.does("change normal CR-8")
    assert "is submitted" in engineer.does("change submit CR-8")
