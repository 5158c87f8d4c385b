"""The fact confirmed longest ago, found from the oldest side: the same as looking up every one."""

import sqlite3
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import oldest
from cmdb.impact import Fact, impact
from cmdb.reading import Reader
from cmdb.store import Store
from tests.cmdb import harbour

MOMENTS = (None, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
Row = tuple[int, int, str | None]


@pytest.fixture(autouse=True)
def every_question_from_the_oldest_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oldest, "MANY", 1)


def table(rows: Iterable[Row]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute(
        "CREATE TABLE dependency (source INTEGER, target INTEGER, confirmed_at TEXT,"
        " PRIMARY KEY (source, target)) WITHOUT ROWID"
    )
    db.executemany("INSERT INTO dependency VALUES (?, ?, ?)", rows)
    return db


ESTATES = st.dictionaries(
    st.tuples(st.integers(1, 40), st.integers(1, 9)), st.sampled_from(MOMENTS), min_size=1, max_size=90
)


@given(ESTATES, st.data())
def test_it_is_the_one_that_looking_up_every_one_finds(
    facts: dict[tuple[int, int], str | None], data
) -> None:
    used = dict(data.draw(st.sets(st.sampled_from(sorted(facts)), min_size=1)))
    db = table((*pair, when) for pair, when in facts.items())
    expected = min(
        ((*pair, facts[pair]) for pair in used.items()), key=lambda row: (row[2] or "", row[0], row[1])
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oldest, "STEP", 2)
        patch.setattr(oldest, "_FROM", oldest._FROM.replace("LIMIT 100", "LIMIT 2"))
        patch.setattr(oldest, "PATIENCE", 0.001)
        assert oldest.oldest(lambda sql, *given: db.execute(sql, given), used) == expected


def test_it_gives_up_where_much_else_is_older() -> None:
    old = [(source, 1, MOMENTS[1]) for source in range(2, 3_000, 2)]
    new = [(source, 1, MOMENTS[2]) for source in range(1, 3_000, 2)]
    db, asked = table(old + new), []

    def rows(sql: str, *given: object) -> Iterable[tuple]:
        asked.append(sql)
        return db.execute(sql, given)

    assert oldest.oldest(rows, {source: 1 for source, _target, _when in new}) is None
    assert len(asked) < 20


def test_nothing_is_found_among_what_nobody_stored() -> None:
    db = table([(1, 2, MOMENTS[1])])
    assert oldest.oldest(lambda sql, *given: db.execute(sql, given), dict.fromkeys(range(3, 999), 1)) is None


def test_an_answer_about_impact_names_the_same_fact_on_both_databases(
    store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oldest, "PATIENCE", 0.001)
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
