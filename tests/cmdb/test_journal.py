"""The journal: what was done, in an order and with contents nobody can change unseen."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb import journal
from cmdb.errors import Invalid
from cmdb.model import Entry
from tests.builders import AT


@pytest.fixture
def kept(store):
    with store.write() as uow:
        for number in range(6):
            journal.record(
                uow,
                at=AT + timedelta(minutes=number, microseconds=7),
                actor="a.vries",
                action="item amend",
                subjects=("sw-1", f"sw-{number}"),
                changed={"name": ["old", number], "when": AT.replace(microsecond=9), "none": None},
                request="CR-1",
            )
        uow.commit()
    return store


def problem(store):
    with store.read() as uow:
        return journal.chain_problem(uow)


def spoil(store, *statements):
    with store.write() as uow:
        if uow.dialect == "postgresql":
            uow.rows("SET LOCAL session_replication_role = replica")
        uow.rows("DELETE FROM journal_subject")
        for one in statements:
            uow.rows(one)
        uow.commit()
    return problem(store)


def test_an_untouched_journal_is_whole(kept):
    assert problem(kept) is None
    with kept.read() as uow:
        assert journal.head(uow)[0] == 6
        assert [one.sequence for one in journal.entries(uow, page=2)] == [1, 2, 3, 4, 5, 6]
        assert [one.sequence for one in journal.entries(uow, after=4)] == [5, 6]


def test_an_empty_journal_is_whole(store):
    assert problem(store) is None
    with store.read() as uow:
        assert journal.head(uow) == (0, journal.START)


def test_what_is_recorded_is_what_is_read(store):
    with store.write() as uow:
        made = journal.record(uow, at=AT, actor="x", action="y", subjects=("a", "a"), changed={"k": ("a", 1)})
        uow.commit()
    with store.read() as uow:
        assert uow.get(Entry, 1) == made
        assert journal.of_subject(uow, "a") == [made]


def test_the_history_of_a_subject_is_newest_first(kept):
    with kept.read() as uow:
        assert [one.sequence for one in journal.of_subject(uow, "sw-1")] == [6, 5, 4, 3, 2, 1]
        assert [one.sequence for one in journal.of_subject(uow, "sw-4")] == [5]
        assert journal.of_subject(uow, "nothing") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET actor = 'somebody' WHERE sequence = 3",
        "UPDATE journal SET at = '2026-11-22T12:02:01Z' WHERE sequence = 3",
        "UPDATE journal SET action = 'item retire' WHERE sequence = 3",
        "UPDATE journal SET subjects = '[]' WHERE sequence = 3",
        "UPDATE journal SET changed = '{}' WHERE sequence = 3",
        "UPDATE journal SET request = 'CR-2' WHERE sequence = 3",
        "UPDATE journal SET hash = previous WHERE sequence = 3",
    ],
)
def test_a_changed_entry_is_named(kept, statement):
    assert (
        spoil(kept, statement)
        == "journal entry 3 (item "
        + ("retire)" if "retire" in statement else "amend)")
        + " is not what was recorded"
    )


def test_a_removed_entry_is_named(kept):
    assert spoil(kept, "DELETE FROM journal WHERE sequence = 3") == "journal entry 3 is missing"


def test_removing_one_and_closing_the_gap_is_seen(kept):
    said = spoil(
        kept,
        "DELETE FROM journal WHERE sequence = 3",
        "UPDATE journal SET sequence = 3 WHERE sequence = 4",
        "UPDATE journal SET sequence = 4 WHERE sequence = 5",
        "UPDATE journal SET sequence = 5 WHERE sequence = 6",
    )
    assert said == "journal entry 3 (item amend) is not what was recorded"


def test_entries_in_another_order_are_seen(kept):
    said = spoil(
        kept,
        "UPDATE journal SET sequence = 99 WHERE sequence = 2",
        "UPDATE journal SET sequence = 2 WHERE sequence = 4",
        "UPDATE journal SET sequence = 4 WHERE sequence = 99",
    )
    assert said == "journal entry 2 (item amend) is not what was recorded"


def test_what_no_record_can_keep_is_refused_and_nothing_is_written(store):
    with pytest.raises(Invalid), store.write() as uow:
        journal.record(uow, at=AT, actor="x", action="y", changed={"half": 0.5})
    with store.read() as uow:
        assert journal.head(uow) == (0, journal.START)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), plain, max_size=4))
def test_whatever_is_recorded_hashes_the_same_when_read_back(sqlite_store, changed):
    changed.pop("format", None)
    with sqlite_store.write() as uow:
        made = journal.record(uow, at=AT, actor="x", action="y", changed=changed)
        assert journal.hash_of(uow.get(Entry, made.sequence)) == made.hash
