"""The CM group founds a site, imports an estate and brings it under control."""

import json
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

PEOPLE = """id,name,email,groups,key
k.chen,Kim Chen,k.chen@mill.example,network,{k.chen}
m.jansen,Maud Jansen,m.jansen@mill.example,delivery,{m.jansen}
"""
WRONG_ITEMS = """id,type,name,owner,status
mail,service,Mail,m.jansen,in service
sw-1,network-device,Switch 1,nobody,in service
SW 2,network-device,Switch 2,k.chen,in service
sw-3,flux-capacitor,Switch 3,k.chen,in service
sw-1,network-device,Switch 1 again,k.chen,in service
sw-4,network-device,Switch 4,k.chen,asleep
"""
ITEMS = """id,type,name,owner,status,model
mail,service,Mail,m.jansen,in service,
sw-1,network-device,Switch 1,k.chen,in service,QFX5100
sw-2,network-device,Switch 2,k.chen,in service,QFX5100
"""
DEPENDENCIES = """source,target,kind,strength,group,need
mail,sw-1,uses,hard,uplink,1
mail,sw-2,uses,hard,uplink,1
"""
BASELINE = """title: First baseline
kind: baseline
reason: begin
changes:
  - {control: all, level: baselined, criterion: carries a service}
"""


@pytest.fixture
def mill(tmp_path: Path, keys) -> Terminal:
    for person in ("a.vries", "k.chen", "m.jansen"):
        keys.private(person)
    return Terminal(tmp_path / "mill", keys.folder, "2026-11-01T09:00:00Z", "a.vries")


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def hear_of_every_bad_row(mill: Terminal, tmp_path: Path) -> None:
    """The file with errors: each is named by line and column, and nothing is written."""
    wrong = written(tmp_path, "items.csv", WRONG_ITEMS)
    with mill.untouched():
        answer = mill.types(f"import {wrong} --as-kind items --apply")
    assert answer.code == 2
    for line, reason in ((3, "nobody"), (4, "SW 2"), (5, "flux-capacitor"), (7, "asleep")):
        (said,) = [one for one in answer.err.splitlines() if f"items.csv, line {line}," in one]
        assert reason in said
    listed = json.loads(mill.types(f"import {wrong} --as-kind items --json").out)["errors"]
    assert {(one["line"], one["column"]) for one in listed} >= {(3, "owner"), (5, "type"), (7, "status")}


def test_from_nothing_to_a_proved_baseline(mill: Terminal, tmp_path: Path, keys) -> None:
    founded = mill.does(f"init {mill.site} --name Mill --zone Europe/Amsterdam --test-clock")
    root = next(line.split()[1] for line in founded.splitlines() if line.startswith("Root "))
    filled = PEOPLE
    for person in ("k.chen", "m.jansen"):
        filled = filled.replace(f"{{{person}}}", keys.public(person))
    people = written(tmp_path, "people.csv", filled)
    with mill.untouched():
        assert "2  new" in mill.does(f"import {people} --as-kind people")
    mill.does(f"import {people} --as-kind people --apply")

    hear_of_every_bad_row(mill, tmp_path)
    items = written(tmp_path, "items.csv", ITEMS)
    links = written(tmp_path, "links.csv", DEPENDENCIES)
    mill.does(f"import {items} --as-kind items --apply")
    mill.does(f"import {links} --as-kind dependencies --apply")
    again = json.loads(mill.does(f"import {items} --as-kind items --apply --json"))
    assert (again["create"], again["update"], again["unchanged"]) == (0, 0, 3)

    request = written(tmp_path, "baseline.yaml", BASELINE)
    mill.does(f"change new --file {request}")
    mill.does("change submit CR-1")
    mill.does("change assess CR-1")
    with mill.untouched():
        mill.types("baseline establish CR-1 --apply")  # not decided yet
    mill.does("change refer CR-1")
    assert "CR-1 is approved." in mill.does("vote CR-1 approve")
    with mill.untouched():
        assert "BL-000001" not in mill.does("baseline establish CR-1")
    assert "BL-000001 is established" in mill.does("baseline establish CR-1 --apply")
    assert json.loads(mill.does("item show sw-1 --json"))["level"] == "baselined"
    proved = json.loads(mill.does(f"verify --root {root} --json"))
    assert (proved["ok"], proved["baselines"], proved["changes"], proved["votes"]) == (True, 2, 1, 1)

    # What is under control is changed by request from here on, also by an import.
    written(tmp_path, "items.csv", ITEMS.replace("QFX5100\nsw-2", "QFX5120\nsw-2"))
    answer = json.loads(mill.does(f"import {items} --as-kind items --apply --json"))
    assert (answer["update"], answer["request"], answer["change_request"]) == (0, 1, "CR-2")
    assert "model = QFX5120" in mill.does("change show CR-2")
    mill.refused("item amend sw-1 --name Other", code=4, says="under control")
