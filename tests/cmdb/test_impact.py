"""Impact on a small harbour, on both databases, and on real package data."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import packages as packages_estate
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.explanations import Reason, Step, why, why_not
from cmdb.impact import Broken, Fact, Hit, Saved, ServiceHit, Told, impact
from cmdb.impact_record import record, written
from cmdb.model import Contact, Party
from cmdb.next_failures import NextFailures
from cmdb.promises import ServiceAgreement
from cmdb.reading import Reader
from cmdb.reading_graph import StoredEstate
from cmdb.store import Store
from tests.cmdb import harbour


@pytest.fixture
def estate(store: Store, database: str) -> Iterator[StoredEstate]:
    harbour.settle(store)
    with Reader.open(database) as reader, reader.question() as estate:
        yield estate


def hits(estate: StoredEstate, *down: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {hit.id: (hit.effect, hit.because) for hit in impact(estate, down).items}


def test_a_core_switch_goes_down_and_the_groups_hold(estate: StoredEstate) -> None:
    answer = impact(estate, ["sw-11"])
    assert answer.down == ("sw-11",)
    assert answer.effect == "degraded"
    assert answer.items == (
        Hit("sw-11", "network-device", "Core switch 11", "k.chen", "outage", 0, ("sw-11",), ()),
        Hit("web-1", "server", "Web server 1", "k.chen", "outage", 1, ("web-1", "sw-11"), ()),
        Hit("radar", "service", "Radar picture", "a.vries", "degraded", 1, ("radar", "sw-11"), ()),
        Hit("mail", "service", "Mail", "r.bakker", "reduced redundancy", 1, ("mail", "sw-11"), ()),
        Hit(
            "booking-app",
            "application",
            "Booking application",
            "a.vries",
            "reduced redundancy",
            2,
            ("booking-app", "web-1", "sw-11"),
            (),
        ),
    )
    assert answer.saved == (Saved("booking-app", "web", "1", 2, 1), Saved("mail", "uplink", "1", 2, 1))
    assert answer.services == (
        ServiceHit("radar", "Radar picture", "degraded", False, ("radar", "sw-11")),
        ServiceHit("mail", "Mail", "reduced redundancy", False, ("mail", "sw-11")),
        ServiceHit(
            "berths",
            "Berth booking",
            "reduced redundancy",
            True,
            ("berths", "booking-app", "web-1", "sw-11"),
        ),
    )
    assert (answer.inherited_complete, answer.exposed) == (True, 0)
    assert answer.broken_before == (Broken("radar", None, "1", 0, "old-radar"),)
    assert answer.next_failures == NextFailures(2, (("sw-12", "berths"), ("web-2", "berths")))
    assert answer.weakest_fact == Fact("berths", "booking-app", None)


def test_the_customers_of_services_that_go_down_are_told(store: Store, database: str) -> None:
    harbour.settle(store)
    with store.write() as uow:
        uow.add(
            Party(id="ferries", name="Ferries", contacts=(Contact(name="Jo", email="jo@ferries.example"),))
        )
        uow.add(
            ServiceAgreement(
                id="sla-ferries",
                title="Berths for the ferries",
                customer="ferries",
                manager="a.vries",
                start=datetime(2026, 1, 1, tzinfo=UTC),
                services=("berths",),
            )
        )
        uow.commit()
    with Reader.open(database) as reader, reader.question() as estate:
        out = {one.id: one for one in impact(estate, ["db-1"]).tell}
        kept = {one.id for one in impact(estate, ["web-1"]).tell}
    assert out["ferries"] == Told("party", "ferries", "Ferries", "jo@ferries.example", "berths")
    assert "ferries" not in kept


def test_owners_groups_and_parties_are_told_with_what_concerns_them_most(estate: StoredEstate) -> None:
    assert impact(estate, ["sw-11"]).tell == (
        Told("person", "a.vries", "Anna de Vries", "a.vries@harbour.example", "radar"),
        Told("person", "k.chen", "Kim Chen", "k.chen@harbour.example", "sw-11"),
        Told("person", "r.bakker", "Rob Bakker", "r.bakker@harbour.example", "mail"),
        Told("group", "network", "Network team", "network@harbour.example", "sw-11"),
        Told("party", "cables", "Cables Ltd", "desk@cables.example", "sw-11"),
    )


def test_both_members_of_a_group_take_everything_above_with_them(estate: StoredEstate) -> None:
    answer = impact(estate, ["web-1", "web-2"])
    assert answer.effect == "outage"
    told = {hit.id: (hit.distance, hit.because, hit.along) for hit in answer.items}
    assert told["booking-app"] == (1, ("booking-app", "web-2"), ("web-1",))
    assert told["berths"] == (2, ("berths", "booking-app", "web-2"), ())
    assert answer.next_failures == NextFailures(0, ())


def test_an_idle_item_takes_down_what_rests_on_it_only_when_it_is_declared_down(
    estate: StoredEstate,
) -> None:
    assert hits(estate, "old-radar")["radar"] == ("outage", ("radar", "old-radar"))
    assert "radar" not in hits(estate, "db-1")


def test_a_dependency_that_only_documents_passes_nothing_on(estate: StoredEstate) -> None:
    assert "manual" not in hits(estate, "sw-11")


def test_nothing_named_and_unknown_names_are_refused_with_a_remedy(estate: StoredEstate) -> None:
    with pytest.raises(Invalid) as empty:
        impact(estate, [])
    assert empty.value.remedy == "Name at least one item that is down."
    with pytest.raises(NotFound) as one:
        impact(estate, ["sw-11", "sw-99"])
    assert str(one.value) == "There is no item 'sw-99'. Look for it with 'cmdb item search sw-99'."
    with pytest.raises(NotFound) as many:
        impact(estate, ["no-1", "ño'\"\\2\0", "sw-11"])
    assert many.value.problems == ("There is no item 'no-1'.", "There is no item 'ño'\"\\2\0'.")


def test_why_names_every_step_with_its_group_and_numbers(estate: StoredEstate) -> None:
    answer = why(estate, "berths", ["sw-11", "sw-12"])
    assert (answer.effect, answer.distance) == ("outage", 3)
    assert answer.steps == (
        Step("berths", "outage", "booking-app", ("uses",), "hard", "", "", 0, 0, ()),
        Step("booking-app", "outage", "web-2", ("runs on",), "hard", "web", "1", 2, 0, ("web-1",)),
        Step("web-2", "outage", "sw-12", ("uses",), "hard", "", "", 0, 0, ()),
    )
    assert why(estate, "sw-11", ["sw-11"]).steps == ()
    with pytest.raises(Refused, match=r"^mail is not hit when manual, old-radar are down\."):
        why(estate, "mail", ["old-radar", "manual"])
    with pytest.raises(Refused) as untouched:
        why(estate, "berths", ["old-radar"])
    assert untouched.value.remedy == "See what holds it up: 'cmdb why-not berths --down old-radar'."


def test_why_a_service_inherits_a_loss_of_margin_is_told_from_it_down(estate: StoredEstate) -> None:
    answer = why(estate, "berths", ["sw-11"])
    assert (answer.effect, answer.distance) == ("reduced redundancy", 3)
    assert answer.steps == (
        Step(
            "berths", "reduced redundancy", "booking-app", ("uses",), "hard", "", "", 0, 0, (), inherited=True
        ),
        Step("booking-app", "reduced redundancy", "web-1", ("runs on",), "hard", "web", "1", 2, 1, ()),
        Step("web-1", "outage", "sw-11", ("uses",), "hard", "", "", 0, 0, ()),
    )


@pytest.mark.parametrize(
    ("item", "down", "reasons"),
    [
        ("mail", ["sw-11"], [Reason("saved", "", "", "uplink", "1", 2, 1)]),
        (
            "radar",
            ["sw-11"],
            [Reason("does not serve", "old-radar", "uses"), Reason("soft", "sw-11", "uses")],
        ),
        ("manual", ["sw-11"], [Reason("no impact", "sw-11", "documents")]),
        ("berths", ["sw-11"], [Reason("below was saved", "booking-app", path=("berths", "booking-app"))]),
        ("sw-12", ["sw-11"], [Reason("not reached")]),
        ("old-radar", ["sw-11"], [Reason("does not serve")]),
        (
            "booking-app",
            ["sw-12"],
            [Reason("degraded only", "db-1", "uses"), Reason("saved", "", "", "web", "1", 2, 1)],
        ),
    ],
)
def test_why_not_names_the_rule_that_held_the_effect_back(
    estate: StoredEstate, item: str, down: list[str], reasons: list[Reason]
) -> None:
    assert list(why_not(estate, item, down).reasons) == reasons


def test_why_not_of_an_outage_points_to_why(estate: StoredEstate) -> None:
    with pytest.raises(Refused) as fallen:
        why_not(estate, "web-1", ["sw-11"])
    assert fallen.value.remedy == "See the chain: 'cmdb why web-1 --down sw-11'."


def test_the_weakest_fact_is_the_one_confirmed_longest_ago(store: Store, database: str) -> None:
    harbour.settle(store)
    with store.write() as uow:
        uow.rows("UPDATE dependency SET confirmed_at = '2026-11-01T00:00:00Z'")
        uow.rows(
            "UPDATE dependency SET confirmed_at = '2026-03-01T00:00:00Z'"
            " WHERE source = (SELECT key FROM item WHERE id = 'mail')"
        )
        uow.commit()
    with Reader.open(database) as reader, reader.question() as estate:
        assert impact(estate, ["sw-11"]).weakest_fact == Fact("mail", "sw-11", "2026-03-01T00:00:00Z")
        used = impact(estate, ["web-1"]).weakest_fact
        assert used is not None
        assert used.confirmed_at == "2026-11-01T00:00:00Z"
        assert impact(estate, ["berths"]).weakest_fact is None


def test_the_same_answer_comes_from_inside_a_writing_transaction(store: Store, database: str) -> None:
    harbour.settle(store)
    with Reader.open(database) as reader, reader.question() as estate:
        outside = impact(estate, ["sw-11"])
    with store.write() as uow:
        assert impact(StoredEstate(uow.rows, uow.dialect), ["sw-11"]) == outside
        uow.rows("UPDATE redundancy_group SET need = '2', slack = 0 WHERE name = 'uplink'")
        uow.rows(
            "UPDATE dependency SET slack = 0 WHERE grp IN"
            " (SELECT key FROM redundancy_group WHERE name = 'uplink')"
        )
        inside = impact(StoredEstate(uow.rows, uow.dialect), ["sw-11"])
    assert {hit.id: hit.effect for hit in inside.services}["mail"] == "outage"


def test_the_record_has_exactly_the_fields_other_programs_rely_on(estate: StoredEstate) -> None:
    row = {"agreement": "acme"}
    told = record(
        impact(estate, ["sw-11"]), window=("2026-11-22T22:00:00Z", "2026-11-23T00:00:00Z"), agreements=[row]
    )
    told = json.loads(json.dumps(told))
    text = "".join(
        written(
            impact(estate, ["sw-11"]),
            window=("2026-11-22T22:00:00Z", "2026-11-23T00:00:00Z"),
            agreements=[row],
        )
    )
    assert json.loads(text) == told
    assert list(told) == [
        *["down", "window", "effect", "items", "saved", "broken_before", "services", "inherited_complete"],
        *["exposed", "agreements", "tell", "next_single_failures", "weakest_fact"],
    ]
    assert told["window"] == {"start": "2026-11-22T22:00:00Z", "end": "2026-11-23T00:00:00Z"}
    assert told["agreements"] == [row]
    assert told["items"][1] == {
        "id": "web-1",
        "type": "server",
        "name": "Web server 1",
        "owner": "k.chen",
        "effect": "outage",
        "distance": 1,
        "because": ["web-1", "sw-11"],
        "with": [],
        "when": [],
    }
    assert told["saved"][0] == {
        "id": "booking-app",
        "group": "web",
        "need": "1",
        "serving_before": 2,
        "serving_after": 1,
    }
    assert told["broken_before"] == [
        {"id": "radar", "group": None, "need": "1", "had": 0, "target": "old-radar"}
    ]
    assert list(told["services"][0]) == ["id", "name", "effect", "inherited", "because"]
    assert told["tell"][3] == {
        "group": "network",
        "name": "Network team",
        "email": "network@harbour.example",
        "because": "sw-11",
    }
    assert told["next_single_failures"]["list"][0] == {"id": "sw-12", "service": "berths"}
    assert list(told["weakest_fact"]) == ["source", "target", "confirmed_at"]


def test_sub_intervals_and_odd_names_stand_in_the_text_as_in_the_record(store: Store, database: str) -> None:
    harbour.settle(store)
    with store.write() as uow:
        uow.rows("UPDATE item SET name = ? WHERE id = 'web-1'", 'A "b" \\ ü \t')
        uow.commit()
    with Reader.open(database) as reader, reader.question() as estate:
        answer = impact(estate, ["web-1", "web-2"])
    when = {"web-2": [{"start": "2026-11-22T22:00:00Z", "effect": "outage", "because_of": ["CR-1"]}]}
    told = json.loads("".join(written(answer, when=when)))
    assert told == json.loads(json.dumps(record(answer, when=when)))
    assert told["items"][0]["name"] == 'A "b" \\ ü \t'
    assert told["items"][1]["when"] == when["web-2"]
    assert told["items"][2]["with"] == ["web-1"]


def test_names_that_look_like_the_text_between_names_are_written_as_json_writes_them(
    store: Store, database: str
) -> None:
    odd = {"web-1": 'one", "two', "web-2": '", "\\", "\\'}
    harbour.settle(store)
    with store.write() as uow:
        for item, name in odd.items():
            uow.rows("UPDATE item SET name = ? WHERE id = ?", name, item)
        uow.commit()
    with Reader.open(database) as reader, reader.question() as estate:
        answer = impact(estate, ["web-1", "web-2"])
    text = "".join(written(answer))
    told = json.loads(text)
    assert told == json.loads(json.dumps(record(answer)))
    assert {hit["id"]: hit["name"] for hit in told["items"][:2]} == odd
    assert all(f'"name": {json.dumps(name, ensure_ascii=False)}, ' in text for name in odd.values())


def test_items_are_described_column_by_column_as_they_are_row_by_row(estate: StoredEstate) -> None:
    keys = sorted(estate.keys(["berths", "web-1", "web-2", "booking-app"]).values(), reverse=True)
    found = estate.described(keys)
    rows = {fact[0]: fact for fact in estate.facts(keys)}
    assert list(zip(*found[:6], strict=True)) == [tuple(rows[key][1:7]) for key in keys]
    assert list(found.services) == [key for key in keys if rows[key][7]]
    assert found.in_order([3, 1, 0, 2]).ids == tuple(found.ids[place] for place in (3, 1, 0, 2))


def test_what_lies_above_is_what_the_links_say(estate: StoredEstate) -> None:
    keys = sorted(estate.keys(["web-1", "web-2", "booking-app"]).values())
    links = sorted((link[1], link[0]) for link in estate.links(keys))
    assert links
    assert sorted(zip(*estate.above(keys), strict=True)) == links


def test_beyond_the_limit_what_is_exposed_is_unknown_unless_everything_is_asked_for(
    sqlite_store: Store, sqlite_database: str
) -> None:
    """One saved application carries 20,001 others on top: too many to visit unasked."""
    harbour.settle(sqlite_store)
    connection = sqlite3.connect(sqlite_database, isolation_level=None)
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO item (key, id, type, name, owner, owner_active, status, level, custody, criterion,"
        " points, characteristics, serves, service, operating, revision)"
        " SELECT ?, ?, 'application', 'Reader', 'k.chen', 1, status, level, custody, criterion, points,"
        " characteristics, 1, 0, 'up', 1 FROM item WHERE id = 'booking-app'",
        [(1000 + number, f"reader-{number}") for number in range(20_001)],
    )
    connection.execute(
        "INSERT INTO dependency (source, target, kind, hard, passes) SELECT r.key, b.key, k.key, 1, 2"
        " FROM item r, item b, dependency_kind k WHERE r.id LIKE 'reader-%' AND b.id = 'booking-app'"
        " AND k.id = 'uses'"
    )
    connection.execute("COMMIT")
    connection.close()
    with Reader.open(sqlite_database) as reader, reader.question() as estate:
        answer = impact(estate, ["web-1"])
        whole = impact(estate, ["web-1"], everything=True)
    assert (answer.exposed, answer.inherited_complete, answer.next_failures.total) == (None, False, None)
    assert (whole.exposed, whole.inherited_complete) == (20_001, True)
    assert whole.next_failures == NextFailures(1, (("web-2", "berths"),))
    assert [service.id for service in whole.services] == ["berths"]


@pytest.fixture(scope="module")
def packages(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Real package data twice: alternatives as groups of need 1, and as plain dependencies."""
    folder = tmp_path_factory.mktemp("packages")
    places = {}
    for name, groups in (("groups", True), ("edges", False)):
        places[name] = str(folder / f"{name}.db")
        packages_estate.build(places[name], shared_data / "large-graph", alternatives=groups)
    return places


def test_libc6_with_alternatives_as_edges_is_needed_by_everybody_the_archive_says(
    packages: dict[str, str],
) -> None:
    with Reader.open(packages["edges"]) as reader, reader.question() as estate:
        answer = impact(estate, ["libc6"], everything=True)
    assert sum(hit.distance == 1 for hit in answer.items) == 21_809
    assert len(answer.items) - 1 == 48_665


def test_libc6_with_alternatives_as_groups_spares_those_that_have_another_way(
    packages: dict[str, str], shared_data: Path
) -> None:
    with Reader.open(packages["groups"]) as reader, reader.question() as estate:
        answer = impact(estate, ["libc6"], everything=True)
    effects = Counter(hit.effect for hit in answer.items)
    assert effects == {"outage": 48_658, "reduced redundancy": 6}
    assert answer.exposed == 48_665 - (48_658 - 1) - 6
    fallen = {"libc6"}  # the same by passes over every choice until none falls
    choices = packages_estate.choices(shared_data / "large-graph")
    more = True
    while more:
        found = {key[0] for key, targets in choices.items() if targets <= fallen} - fallen
        fallen |= found
        more = bool(found)
    assert {hit.id for hit in answer.items if hit.effect == "outage"} == fallen
