"""A card of very many items hit holds the first of them and the number of all."""

from collections import Counter

from cmdb.impact import Hit, Impact, Saved, ServiceHit, Told, impact
from cmdb.next_failures import NextFailures
from cmdb.reading import Reader
from cmdb.store import Store
from tests.cmdb import harbour
from tui.impact_cards import LISTED, impact_card, numbers
from tui.present import plain
from tui.screens.facts import impact_lines

MANY = 3 * LISTED + 7


def named(kind: str, number: int) -> str:
    return f"{kind}-{number:04d}"


def large() -> Impact:
    effects = ("outage", "degraded", "reduced redundancy")
    ranks = [effects[number * 3 // MANY] for number in range(MANY)]
    return Impact(
        down=("x",),
        effect="outage",
        items=tuple(
            Hit(named("i", number), "server", "A server", "k.chen", rank, 1, (named("i", number), "x"), ())
            for number, rank in enumerate(ranks)
        ),
        saved=tuple(Saved(named("s", number), "pool", "1", 2, 1) for number in range(MANY)),
        broken_before=(),
        services=tuple(
            ServiceHit(named("v", number), "A service", "reduced redundancy", True, (named("v", number), "x"))
            for number in range(MANY)
        ),
        inherited_complete=True,
        exposed=0,
        tell=tuple(
            Told("person", named("p", number), "A person", "p@x.example", "x") for number in range(MANY)
        ),
        next_failures=NextFailures(0, ()),
        weakest_fact=None,
    )


def test_very_many_are_counted_and_the_first_are_listed() -> None:
    card = impact_card(large())
    assert (len(card.items), len(card.saved)) == (LISTED, LISTED)
    assert (card.hit(), card.held()) == (MANY, MANY)
    counts = Counter(one.effect for one in large().items)
    counts["reduced redundancy"] += MANY  # the services that inherit it
    assert dict(card.effects()) == counts
    lines = [plain(line) for line in impact_lines(card, 78)]
    assert len(lines) < 6 * LISTED
    assert lines.count(f"{MANY - LISTED} more: cmdb impact lists them all") == 4
    for says in (f"Items hit  {MANY} items", f"Saved  {MANY} items kept alive", f"Tell  {MANY} addressees"):
        assert any(says in line for line in lines), says


def test_what_is_hit_is_counted_without_looking_at_each(sqlite_store: Store, sqlite_database: str) -> None:
    harbour.settle(sqlite_store)
    with Reader.open(sqlite_database) as reader, reader.question() as estate:
        answer = impact(estate, ["sw-11"])
        assert dict(numbers(answer.items)) == Counter(one.effect for one in answer.items)
        assert impact_card(answer).hit() == len(answer.items)
