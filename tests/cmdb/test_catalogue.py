"""The catalogue: standard services, who is one of them, and where promises deviate without saying so."""

from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreement_gaps, canonical, catalogue, journal, offer_records
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Corrupt, Invalid, NotFound, Refused
from cmdb.exchange import catalogue_file
from cmdb.offers import StandardService
from cmdb.store import Store
from tests.cmdb.test_agreement_gaps import prepared, promise, whole
from tests.cmdb.test_agreements import NOW

BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}
FILE = """
id: std-mail
name: Mail
owner: a.vries
text: Mail for everybody who works for you.
levels:
  - {id: up, target: 99.5 %}
  - {id: slow, attribute: response time, comparator: "<=", target: 4 s, statistic: p95}
"""


@pytest.fixture
def harbour(store: Store) -> Store:
    return prepared(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    return prepared(sqlite_store)


def standard() -> StandardService:
    return catalogue_file.read(FILE)


def is_one(store: Store, characteristics: str) -> None:
    with store.write() as uow:
        uow.rows("UPDATE item SET characteristics = ? WHERE id = 'mail'", characteristics)
        uow.commit()


def said(store: Store, **changes: Any) -> dict[str, str]:
    with store.read() as uow:
        return {one[0]: one[1] for one in catalogue.deviations(uow, whole(**changes))}


def test_a_file_is_a_standard_service_with_levels_about_itself() -> None:
    found = standard()
    assert [(one.service, one.attribute, str(one.target), one.unit) for one in found.levels] == [
        ("std-mail", "availability", "99.5", "%"),
        ("std-mail", "response time", "4", "s"),
    ]
    assert (found.offered, found.level) == (True, "draft")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: Mail", "", "name: is missing"),
        ("text: Mail", "colour: Mail", "colour: there is no such field"),
        ("id: std-mail", "id: Std Mail", "is no id"),
        ("target: 99.5 %", "target: much", "levels[0].target"),
        ("{id: up,", "{id: up, service: web,", "levels[0].service: a level is about std-mail itself"),
        ("{id: slow,", "{id: up,", "'up' is listed twice"),
        ("levels:", "levels: none\nothers:", "levels: expected a list"),
        ("everybody", "\\e[31m" + "x" * 70_000, "70,"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(old: str, new: str, says: str) -> None:
    with pytest.raises(Invalid) as wrong:
        catalogue_file.read(FILE.replace(old, new))
    assert any(says in one for one in wrong.value.problems), wrong.value.problems


def test_a_standard_service_survives_its_record() -> None:
    data = canonical.encode(offer_records.FORMAT, offer_records.record_of(standard()))
    form, fields = canonical.decode(data)
    assert (form, offer_records.from_record(fields)) == ("standard service/1", standard())
    with pytest.raises(Corrupt):
        offer_records.from_record({**fields, "levels": [{"id": "x"}]})


def test_it_is_registered_amended_and_under_control_changes_only_by_request(harbour: Store) -> None:
    catalogue.register(harbour, standard(), **BY)
    with pytest.raises(Invalid, match="exists already"):
        catalogue.register(harbour, standard(), **BY)
    with pytest.raises(Refused, match="keep agreements"):
        catalogue.amend(harbour, standard(), actor="k.chen", at=NOW)
    with pytest.raises(Invalid):
        catalogue.register(harbour, standard().but(id="std-x", levels=(), owner="nobody"), **BY)
    catalogue.amend(harbour, standard().but(offered=False), **BY)
    with pytest.raises(NotFound, match="std-none"):
        catalogue.amend(harbour, standard().but(id="std-none", levels=()), **BY)
    with harbour.write() as uow:
        assert catalogue.listed(uow) == (standard().but(offered=False),)
        entries = journal.of_subject(uow, "standard service:std-mail")
        assert [one.action for one in entries] == ["catalogue amend", "catalogue register"]
        assert entries[0].changed == {"offered": {"old": True, "new": False}}
        uow.replace(standard().but(level="baselined"))
        uow.commit()
    with pytest.raises(Refused, match="only by an approved request"):
        catalogue.amend(harbour, standard(), **BY)


def test_services_name_their_standard_service_and_where_they_deviate(harbour: Store) -> None:
    is_one(harbour, '{"standard_service": "std-mail", "deviations": ["up: one site", "no archive"]}')
    with harbour.read() as uow:
        [use] = catalogue.uses(uow, "std-mail")
        assert (use.service, use.deviations) == ("mail", ("up: one site", "no archive"))
        assert catalogue.uses(uow, "std-web") == ()
        assert catalogue.uses(uow) == (use,)
    for odd in ("{}", '{"standard_service": 3}', '{"standard_service": ""}', '{"note": "standard_service"}'):
        is_one(harbour, odd)
        with harbour.read() as uow:
            assert catalogue.uses(uow) == ()


def test_a_promise_apart_from_the_standard_is_named_a_deviation_or_said(local: Store) -> None:
    catalogue.register(local, standard(), **BY)
    assert said(local) == {}, "mail is no standard service"
    is_one(local, '{"standard_service": "std-mail"}')
    assert said(local, commitments=promise(target=Decimal("99.5"))) == {}
    assert (
        "up promises 99 %, less than the standard 99.5 % of std-mail"
        in said(local, commitments=promise(target=Decimal(99)))["commitments up"]
    )
    assert (
        "more than the standard" in said(local, commitments=promise(target=Decimal("99.9")))["commitments up"]
    )
    slow = ServiceCommitment(
        id="fast", service="mail", attribute="response time", comparator="<=", target=Decimal(5), unit="s",
        statistic="p95",
    )  # fmt: skip
    assert (
        "fast promises 5 s, less than the standard 4 s"
        in said(local, commitments=(slow,))["commitments fast"]
    )
    assert "more than" in said(local, commitments=(slow.but(target=Decimal(3)),))["commitments fast"]
    for words in ("up: one site", "Availability: one site"):
        is_one(local, f'{{"standard_service": "std-mail", "deviations": "{words}"}}')
        assert said(local, commitments=promise(target=Decimal(99))) == {}
    with local.read() as uow:
        found = agreement_gaps.gaps_of(uow, whole(commitments=promise(target=Decimal(99))), now=NOW)
    assert not [one for one in found if "standard" in one.says]


def test_a_standard_service_nobody_has_is_said(local: Store) -> None:
    is_one(local, '{"standard_service": "std-\\u001b[31m"}')
    [words] = said(local).values()
    assert "the catalogue has no such" in words
    assert "\x1b" not in words
