"""The impact answer as lines: nothing cut off, and what becomes of the promises at the top."""

from rich.cells import cell_len

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.present import plain
from tui.screens.facts import card_lines, hit_lines, impact_lines, outcome_lines
from tui.views import Hit, ImpactCard, PromiseLine, ServiceHit

CHAIN = tuple(f"svc-{name}" for name in ("berth-planning", "traffic", "display", "fusion", "radar-two", "x"))
HIT = Hit("svc-x", "service", "X", "l.hansen", "outage", 4, ("svc-x", *CHAIN))
KEPT = PromiseLine(
    "a", "mail", "ACME", "availability", "Nov 2026", 2580, 0, 0, 2580, 600, 1200, 1380
)  # fmt: skip


def shown(card: ImpactCard, width: int = 78) -> list[str]:
    return [plain(line) for line in impact_lines(card, width)]


def test_a_long_chain_goes_on_below_and_no_item_of_it_is_broken() -> None:
    service = ServiceHit("svc-x", "X", "outage", because=CHAIN)
    lines = shown(ImpactCard(("x",), items=(HIT,), services=(service,)))
    assert max(map(cell_len, lines)) <= 79  # a blank before what is below the arrow may stand at the edge
    text = " ".join(" ".join(lines).split())
    assert text.count(" → ".join(reversed(CHAIN))) == 2


def test_the_verdict_on_the_promises_stands_under_the_effect() -> None:
    assert shown(ImpactCard(("x",), promises=(KEPT,)))[2] == "promises   ○ kept: ACME mail"
    maybe = KEPT._replace(breach_worst=True, service="shop")
    broken = KEPT._replace(breach_worst=True, breach_expected=True)
    lines = shown(ImpactCard(("x",), promises=(KEPT, maybe, broken)))
    assert lines[2:4] == ["promises   × BREACH: ACME mail", "           ▲ BREACH if worst: ACME shop"]


def test_a_question_about_now_has_no_verdict() -> None:
    now = KEPT._replace(expected=0, worst=0)
    assert not shown(ImpactCard(("x",), promises=(now,)))[2].startswith("promises")


def test_the_whole_answer_is_what_is_hit_and_what_comes_of_it() -> None:
    card = ImpactCard(("x",), items=(HIT,), promises=(KEPT,), exposed=3)
    assert impact_lines(card, 78) == [*hit_lines(card, 78), (), *outcome_lines(card, 78)]
    assert plain(outcome_lines(card, 78)[0]).startswith("Promises")


async def test_what_comes_of_it_stands_beside_what_is_hit_from_140_columns() -> None:
    sample = Sample()
    async with at_work(CmdbApp(sample, lambda: sample, start="items"), size=(140, 36)) as hand:
        hand.app.go("impact", "sw-11")
        await hand.sees("Services", "│ Promises", "Saved", "Tell")
        await hand.pilot.resize_terminal(100, 36)
        await hand.until(lambda: "│ Promises" not in hand.screen and "Services" in hand.screen)
        hand.app.go("impact", "nope")
        await hand.sees("nope")
        await hand.pilot.resize_terminal(160, 36)
        await hand.until(lambda: "Promises" not in hand.screen)


def test_who_confirmed_an_item_stands_below_where_the_line_has_no_room() -> None:
    sample = Sample()
    clock = CmdbApp(sample, lambda: sample)
    card = sample.item("sw-11")._replace(confirmed_by="import of the items of both data halls")
    wide, narrow = ([plain(one).rstrip() for one in card_lines(card, clock, width)] for width in (78, 36))
    assert [one for one in wide if one.endswith("by import of the items of both data halls")]
    below = next(place for place, one in enumerate(narrow) if one.startswith("confirmed")) + 1
    assert narrow[below].split(maxsplit=1)[0] == "by"
    assert max(map(cell_len, narrow)) <= 36
