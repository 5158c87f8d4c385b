"""A large impact is worked out in a process of its own, says the same, and leaves nothing running."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cmdb.errors import NotFound, Refused
from cmdb.site import Site
from cmdb.store import Store
from tests.builders import AT
from tests.cmdb import harbour
from tui import impact_apart
from tui.impact_apart import Bounded
from tui.reads import FastSite
from tui.views import ImpactCard


@pytest.fixture
def fast(sqlite_store: Store, sqlite_database: str, tmp_path: Path) -> Iterator[FastSite]:
    harbour.settle(sqlite_store)
    made = FastSite(
        Site(path=tmp_path, name="harbour", zone="Europe/Amsterdam", database=sqlite_database), "", lambda: AT
    )
    yield made
    made.close()


def test_the_answer_of_another_process_is_the_answer_of_this_one(
    fast: FastSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[object] = []
    ask = fast._apart.ask

    def counted(url: str, zone: str, ids: Sequence[str]) -> ImpactCard | None:
        began.append(ids)
        return ask(url, zone, ids)

    monkeypatch.setattr(fast._apart, "ask", counted)
    here = fast.impact(["sw-11"])
    assert not began  # a small one stays
    monkeypatch.setattr(Bounded, "left", 0)
    assert fast.impact(["sw-11"]) == here
    assert began
    assert here.hit() > 1
    assert not fast._apart._running


def test_an_unknown_id_is_refused_without_another_process(
    fast: FastSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bounded, "left", 0)
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(NotFound, match="nope"):
        fast.impact(["nope"])


@pytest.mark.parametrize("program", ["/nowhere", "/bin/false"])
def test_where_no_other_process_answers_this_one_does(
    fast: FastSite, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    here = fast.impact(["sw-11"])
    monkeypatch.setattr(Bounded, "left", 0)
    monkeypatch.setattr(sys, "executable", program)
    assert fast.impact(["sw-11"]) == here


def test_after_the_app_is_left_nothing_is_followed_any_more(
    fast: FastSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bounded, "left", 0)
    fast._apart.close()
    with pytest.raises(Refused, match="before the app was left"):
        fast.impact(["sw-11"])
    assert not fast._apart._running


def test_a_small_question_is_bounded_by_what_it_follows() -> None:
    estate = Bounded(lambda sql, *given: iter([("[]",) * 9]), "sqlite")
    estate.rising(range(impact_apart.SMALL))
    with pytest.raises(impact_apart.Large):
        estate.rising([1])
