"""Words, glyphs and roles: the same for screen and command line, and safe to show."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import present
from tui.present import Piece
from tui.screens.facts import promise_lines
from tui.views import PromiseLine

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@given(st.text())
def test_cleaned_text_is_printable_and_as_long_as_it_was(text: str) -> None:
    cleaned = present.clean(text)
    assert len(cleaned) == len(text)
    assert all(letter.isprintable() for letter in cleaned.replace(present.REPLACEMENT, ""))
    assert present.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0m"),
        (45, "45s"),
        (90, "90s"),
        (120, "2m"),
        (2280, "38m"),
        (5400, "1h30m"),
        (7200, "2h"),
        (90_000, "1d1h"),
    ],
)
def test_durations_are_written_as_people_type_them(seconds: int, words: str) -> None:
    assert present.duration(seconds) == words


def test_moments_stand_in_the_zone_of_the_site_with_the_year_when_it_is_another() -> None:
    assert present.moment(NOW, AMSTERDAM, NOW) == "22 Nov 13:00"
    assert present.moment(NOW - timedelta(days=400), AMSTERDAM, NOW) == "18 Oct 2025 14:00"
    assert present.window(NOW, NOW + timedelta(hours=2), AMSTERDAM, NOW) == "22 Nov 13:00+2h"


def test_a_period_is_named_as_people_name_it() -> None:
    def named(start: tuple[int, int, int], end: tuple[int, int, int]) -> str:
        first, last = (datetime(*day, tzinfo=AMSTERDAM).astimezone(UTC) for day in (start, end))
        return present.period(first, last, AMSTERDAM)

    assert named((2026, 11, 1), (2026, 12, 1)) == "Nov 2026"
    assert named((2026, 10, 1), (2027, 1, 1)) == "Q4 2026"
    assert named((2026, 1, 1), (2027, 1, 1)) == "2026"
    assert named((2026, 11, 5), (2026, 12, 5)) == "2026-11-05 to 2026-12-05"


def test_the_age_of_a_fact_warns_when_nobody_looked_for_long() -> None:
    assert present.age(NOW - timedelta(minutes=3), NOW) == "3 min ago"
    assert present.age(NOW - timedelta(days=800), NOW) == "2 y ago"
    assert present.age(None, NOW) == "never"
    assert present.age_role(None, NOW) == "warn"
    assert present.age_role(NOW - timedelta(days=10), NOW) == "dim"


def test_an_unknown_word_stands_without_a_glyph() -> None:
    assert present.effect("outage") == (Piece("× outage", "bad"),)
    assert present.effect("mystery") == (Piece("mystery", ""),)


def test_every_glyph_of_ours_has_an_ascii_sign() -> None:
    tables = (
        present.EFFECTS,
        present.OPERATING,
        present.STATUSES,
        present.LEVELS,
        present.REQUEST_STATES,
        present.VOTES,
        present.REQUIREMENTS,
        present.OUTCOMES,
    )
    glyphs = "".join(glyph for table in tables for glyph, _ in table.values())
    glyphs += present.gauge(0.4) + present.sparkline([0, 1, 2, 3, 4, 5, 6, 7]) + "…→│├└─▼"
    assert present.to_ascii(glyphs).isascii()
    assert len(present.to_ascii(glyphs)) == len(glyphs)


def test_every_role_a_table_uses_is_a_role() -> None:
    lines = [
        *(present.request_state(word) for word in present.REQUEST_STATES),
        *(present.vote(word) for word in present.VOTES),
        present.promise(60, 60, 600, False, True),
        present.promise(60, 600, 600, True, True),
        present.tally([("outage", 1)]),
        *present.problems("No.", "Do this.", ["one"]),
    ]
    assert {piece.role for line in lines for piece in line} <= set(present.ROLES)


def test_a_promise_says_breach_only_where_there_is_one() -> None:
    assert present.plain(present.promise(2460, 2280, 5400, False, True)) == (
        "expected 38, worst 90 of 41 min left: ▲ BREACH if worst"
    )
    assert present.plain(present.promise(6000, 2280, 5400, False, False)).endswith("○ kept")
    assert present.plain(present.promise(60, 2280, 5400, True, True)).endswith("× BREACH")
    assert present.plain(present.promise(2460, 0, 0, False, False)) == "41 min left"
    assert present.plain(present.promise(2460, 0, 0, False, False, low=True)) == "▲ 41 min left"
    assert present.plain(present.promise(-60, 0, 0, False, False)) == "× -1 min left"
    asked = present.promise(2460, 0, 0, False, False, forecast=True)
    assert present.plain(asked) == "takes nothing of 41 min left: ○ kept"


def test_minutes_used_are_rounded_up_and_what_is_left_down() -> None:
    assert (present.minutes(61), present.minutes(0), present.minutes(60)) == ("2", "0", "1")
    assert [present.minutes_left(one) for one in (2592, 59, 0, -1, -61)] == ["43", "0", "0", "-1", "-2"]


def test_the_gauge_is_as_wide_as_asked_and_never_overflows() -> None:
    assert present.gauge(0.5) == "█████─────"
    assert present.gauge(7.0, 4) == "████"
    assert present.gauge(-1.0, 4) == "────"


def test_the_verdict_on_a_promise_is_never_cut_off() -> None:
    breached = PromiseLine(
        agreement="sla-harbour", service="svc-vessel-traffic", customer="harbour-master", commitment="radar",
        period="Q4 2026", allowance=4020, used=0, committed=0, left_before=4020, expected=7200, worst=7200,
        left_after=-3180, breach_expected=True,
    )  # fmt: skip
    for width in (60, 78, 120):
        drawn = ["".join(piece.text for piece in line) for line in promise_lines(breached, width)]
        assert "× BREACH" in drawn[0]
        assert all(len(line) <= width for line in drawn)


def test_what_a_journal_entry_changed_reads_as_phrases() -> None:
    digest = "ab" * 32
    changed = {
        "owner": ["a", ""],
        "title": {"old": "x", "new": "y"},
        "decision": digest,
        "alone": False,
        "missing": 0,
        "points": ["1", "2", "3"],
        "reason": "",
    }
    assert present.altered(changed, "->") == [
        "owner a -> (none)",
        "title x -> y",
        f"decision {digest[:12]}",
        'points ["1", "2", "3"]',
    ]


def test_the_text_of_a_whole_document_is_one_line_of_its_history() -> None:
    told = present.altered(
        {"body": "# CM plan\n\nCount what there is.\n", "title": "x" * 200, "short": "one\n"}
    )
    assert told == ["body # CM plan…", f"title {'x' * 119}…", "short one"]
