"""Values become columns and come back the same, whatever is in them."""

import dataclasses
import typing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Field, SQLModel

from cmdb import codec
from cmdb.canonical import rfc3339
from cmdb.errors import Corrupt
from cmdb.model import LEVELS, PARTY_KINDS, Contact, Group, Party, Person, PublicKey, RoleGrant
from cmdb.tables import PartyRow
from tests.builders import AT

ids = st.from_regex(r"[a-z0-9][a-z0-9._:+@-]{0,20}", fullmatch=True)
lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)
names = lines.filter(str.strip)
instants = st.integers(0, 32_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
keys = st.builds(
    PublicKey, text=st.from_regex(r"ssh-[a-z0-9]{1,9} [A-Za-z0-9+/]{8,30}", fullmatch=True), comment=lines
)
levels = st.sampled_from(LEVELS)
values = st.one_of(
    st.builds(
        Person, id=ids, name=names, email=lines, login=lines, active=st.booleans(), level=levels,
        keys=st.lists(keys, max_size=3).map(tuple),
    ),
    st.builds(
        Party, id=ids, name=names, kind=st.sampled_from(PARTY_KINDS), level=levels,
        contacts=st.lists(st.builds(Contact, name=names, email=lines, phone=lines), max_size=3).map(tuple),
    ),
    st.builds(
        Group, id=ids, name=names, email=lines, level=levels, lead=st.just(""),
        members=st.lists(ids, max_size=4).map(tuple),
    ),
    st.builds(
        RoleGrant, id=ids, person=st.just("a.vries"), role=names, service=lines, start=instants,
        end=st.none() | instants,
    ),
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values)
def test_every_value_comes_back_from_its_row(value):
    table = codec.table_of(type(value))
    assert table.row is PartyRow or table.value is not Party
    columns = table.columns_of(value)
    assert table.value_of(table.row(**columns)) == value
    assert table.value_of(columns) == value


@pytest.fixture
def both(store):
    with store.write() as uow:
        uow.add(Person(id="a.vries", name="A"))
        uow.commit()
    return store


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(values, max_size=6, unique_by=lambda one: (type(one), one.id)))
def test_every_value_comes_back_from_either_database(both, several):
    several = [one for one in several if one.id != "a.vries"]
    with both.write() as uow:  # never committed
        for one in several:
            uow.add(one)
        uow.session.expire_all()
        for one in several:
            assert uow.get(type(one), one.id) == one
            assert uow.where(type(one), "id = ?", one.id) == (one,)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One field of every kind a value may have."""

    id: str
    count: int
    share: Decimal
    flag: bool
    moment: datetime
    maybe: int | None = None
    later: datetime | None = None
    rest: Decimal | None = None
    deep: tuple[tuple[str, int], ...] = ()
    facts: typing.Mapping[str, typing.Any] = dataclasses.field(default_factory=dict)


class SampleRow(SQLModel):
    id: str = Field(primary_key=True)


def test_every_kind_of_field_is_stored_in_its_own_way():
    table = codec.Table(
        value=Sample, row=SampleRow, key=("id",), noun="sample", remedy="-", columns={"count": "n"},
        kinds={name: codec._bare(hint) for name, hint in typing.get_type_hints(Sample).items()},
        adapters={
            name: codec.TypeAdapter(typing.get_type_hints(Sample)[name]) for name in ("deep", "facts")
        },
        nullable=frozenset(), selection="SELECT *", order="id",
    )  # fmt: skip
    one = Sample(
        id="x", count=-7, share=Decimal("99.950"), flag=True, moment=AT, later=AT + timedelta(days=1),
        rest=Decimal("1E+3"), deep=(("a", 1), ("b", 2)), facts={"ü": [1, "2", None], "b": {"c": True}},
    )  # fmt: skip
    columns = table.columns_of(one)
    assert columns == {
        "id": "x",
        "n": -7,
        "share": "99.950",
        "flag": True,
        "moment": "2026-11-22T12:00:00Z",
        "maybe": None,
        "later": "2026-11-23T12:00:00Z",
        "rest": "1E+3",
        "deep": '[["a",1],["b",2]]',
        "facts": '{"b":{"c":true},"ü":[1,"2",null]}',
    }
    assert table.value_of(columns) == one
    assert str(table.value_of(columns).share) == "99.950"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"contacts": "[{}]"},
        {"contacts": "nonsense"},
        {"kind": "enemy"},
        {"id": "NOT AN ID"},
    ],
)
def test_a_row_that_is_no_value_is_corrupt_and_says_what_to_do(spoilt):
    table = codec.table_of(Party)
    columns = {**table.columns_of(Party(id="a", name="A")), **spoilt}
    with pytest.raises(Corrupt) as fault:
        table.value_of(columns)
    assert "cmdb" in fault.value.remedy


def test_a_time_that_is_no_time_is_corrupt():
    table = codec.table_of(RoleGrant)
    grant = RoleGrant(id="g", person="p", role="SQA", start=AT)
    with pytest.raises(Corrupt):
        table.value_of({**table.columns_of(grant), "start": "yesterday"})
    assert table.columns_of(grant)["start"] == rfc3339(AT)
