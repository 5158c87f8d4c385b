"""The impact answer as lines: nothing cut off, and what becomes of the promises at the top."""

from rich.cells import cell_len

from tui.present import plain
from tui.screens.facts import impact_lines
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
