"""The sample estate is consistent: valid values, every reference exists, and its story holds."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccb import changefile
from cmdb import types
from cmdb.exchange import agreement_file
from cmdb.model import (
    Dependency,
    Group,
    Item,
    Party,
    Person,
    RedundancyGroup,
    needed,
)
from cmdb.promises import Outage
from cmdb.roles import ROLES

ESTATE = Path(__file__).parent.parent / "examples" / "westhaven"
DEMO_CLOCK = datetime(2026, 11, 20, tzinfo=UTC)


def rows(name: str) -> list[dict[str, str]]:
    with (ESTATE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def files(folder: str) -> list[Path]:
    return sorted((ESTATE / folder).glob("*.yaml"))


@pytest.fixture(scope="module")
def items() -> dict[str, Item]:
    own = ("id", "type", "name", "owner", "group", "status", "custody", "criterion")
    return {
        row["id"]: Item(
            **{name: row[name] for name in own},
            party=row["supplier"],
            characteristics={
                name: row[name] for name in ("model", "serial", "firmware", "version") if row[name]
            },
        )
        for row in rows("items.csv")
    }


def test_it_has_the_size_a_person_can_picture(items: dict[str, Item]) -> None:
    assert 55 <= len(items) <= 65
    assert sum(item.type == "service" for item in items.values()) == 8
    assert len(rows("people.csv")) == 9
    assert sum(row["kind"] == "customer" for row in rows("parties.csv")) == 3
    assert len(files("agreements")) == 3


def test_every_item_has_an_owner_group_party_and_type_that_exist(items: dict[str, Item]) -> None:
    people = {row["id"] for row in rows("people.csv")}
    groups = {row["id"] for row in rows("groups.csv")}
    parties = {row["id"] for row in rows("parties.csv")}
    known = {one.id: one for one in types.TYPES}
    assert len(items) == len(rows("items.csv"))
    for item in items.values():
        assert item.owner in people, item.id
        assert item.group in groups, item.id
        assert not item.party or item.party in parties, item.id
        assert item.criterion, item.id
        assert item.type in known, item.id


def test_people_groups_parties_and_roles_are_valid_and_agree() -> None:
    people = {row["id"]: row["groups"].split(";") for row in rows("people.csv")}
    for row in rows("people.csv"):
        Person(id=row["id"], name=row["name"], email=row["email"])
    groups = {
        row["id"]: Group(id=row["id"], name=row["name"], lead=row["lead"]) for row in rows("groups.csv")
    }
    for person, member_of in people.items():
        assert set(member_of) <= set(groups), person
    for group in groups.values():
        assert group.id in people[group.lead]
    for row in rows("parties.csv"):
        Party(id=row["id"], name=row["name"], kind=row["kind"])
        assert "@" in row["contacts"]
    for row in rows("roles.csv"):
        assert row["person"] in people
        assert row["role"] in ROLES


def test_dependencies_join_items_that_exist_once_and_groups_agree(items: dict[str, Item]) -> None:
    found = rows("dependencies.csv")
    kinds = {kind.id for kind in types.KINDS}
    needs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in found:
        Dependency(**{name: row[name] for name in ("source", "target", "kind", "strength", "group")})
        assert row["source"] in items
        assert row["target"] in items
        assert row["kind"] in kinds
        if row["group"]:
            needs.setdefault((row["source"], row["group"]), set()).add((row["need"], row["strength"]))
    assert len({(row["source"], row["target"], row["kind"]) for row in found}) == len(found)
    for (source, group), said in needs.items():
        [(need, strength)] = said
        RedundancyGroup(source=source, name=group, need=need, strength=strength)
        members = sum((row["source"], row["group"]) == (source, group) for row in found)
        assert needed(need, members) < members, f"{source}/{group} has no margin"
    several = [need for said in needs.values() for need, _ in said if need != "1"]
    assert len(several) >= 2


def test_agreements_promise_services_that_exist_to_customers_that_exist(items: dict[str, Item]) -> None:
    customers = {row["id"] for row in rows("parties.csv") if row["kind"] == "customer"}
    people = {row["id"] for row in rows("people.csv")}
    for path in files("agreements"):
        agreement = agreement_file.read(path.read_text("utf-8"), path.name)
        assert agreement.customer in customers
        assert agreement.manager in people
        assert all(items[service].type == "service" for service in agreement.services)
        assert agreement.end is not None
        assert agreement.start <= DEMO_CLOCK < agreement.end


def test_outages_are_past_when_the_demo_begins(items: dict[str, Item]) -> None:
    for row in rows("outages.csv"):
        started, ended = (datetime.fromisoformat(row[name]) for name in ("started", "ended"))
        assert row["subject"] in items
        assert ended < DEMO_CLOCK
        Outage(
            id=row["id"],
            subject=row["subject"],
            started=started,
            ended=ended,
            effect=row["effect"],
            recorded_at=DEMO_CLOCK,
        )


def test_changes_lie_ahead_and_name_items_and_people_that_exist(items: dict[str, Item]) -> None:
    people = {row["id"] for row in rows("people.csv")}
    for path in files("changes"):
        change = changefile.parse(path.read_text("utf-8"), path.name)
        assert not change.implementer or change.implementer in people
        if change.window and change.down:
            assert DEMO_CLOCK < change.window.start < change.window.end
            assert set(change.down.items) <= set(items)
        named = [one for one in change.changes if one.record in ("item", "dependency")]
        assert {end for one in named for end in (one.id, one.target) if end} <= set(items)


def test_the_board_seats_people_for_the_groups_they_are_in() -> None:
    groups = {row["id"]: row["groups"].split(";") for row in rows("people.csv")}
    text = (ESTATE / "changes" / "change-board.yaml").read_text("utf-8")
    found = changefile.parse(text).changes
    boards = {one.id: one.exact for one in found if one.record == "board"}
    policies = {one.exact["board"]: one.exact for one in found if one.record == "policy"}
    assert set(policies) == set(boards)
    for id, board in boards.items():
        seats = board["members"]
        assert board["chair"] in groups
        assert all(seat["group"] in groups[seat["person"]] for seat in seats)
        assert policies[id]["quorum"] < len(seats)


def test_only_the_gatehouse_hangs_on_the_switch_that_is_replaced() -> None:
    alone = [
        row["source"] for row in rows("dependencies.csv") if row["target"] == "sw-11" and not row["group"]
    ]
    assert sorted(alone) == ["doc-core-network", "sw-31"]
