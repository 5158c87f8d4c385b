"""One letter, one verb; and what is typed after the colon."""

from importlib import import_module
from pathlib import Path

import pytest

from tui import actions, verbs
from tui.actions import Order
from tui.screens.directory import SCREENS
from tui.screens.place import Place
from tui.table import TABLE
from tui.widgets.bars import Footer


def test_one_letter_is_one_verb_everywhere() -> None:
    words: dict[str, set[str]] = {}
    for one in verbs.VERBS:
        words.setdefault(one.key, set()).add(one.word)
    several = {key: found for key, found in words.items() if key and len(found) > 1}
    assert several == {}
    assert not {one.key for one in verbs.PLACES} & set(words)


def test_no_screen_has_two_verbs_on_one_key() -> None:
    for screen in SCREENS:
        keys = [one.key for one in verbs.verbs_of(screen) if one.key]
        assert len(keys) == len(set(keys)), screen


def test_every_screen_can_do_what_the_table_offers_there() -> None:
    classes = {
        name: getattr(import_module(f"tui.screens.{module}"), kind)
        for name, (module, kind) in SCREENS.items()
    }
    places = {name: one for name, one in classes.items() if issubclass(one, Place)}
    missing = [
        f"{name}: {verb.name}"
        for name, one in places.items()
        for verb in verbs.verbs_of(one.NAME)
        if not hasattr(one, f"verb_{verb.name}")
    ]
    assert missing == []


def test_every_screen_named_by_a_verb_exists() -> None:
    assert {screen for verb in verbs.VERBS for screen in verb.where} <= set(SCREENS)


def test_what_a_key_does_a_command_does() -> None:
    known = {entry.path for entry in TABLE}
    missing = [
        verb.command
        for verb in verbs.VERBS
        if verb.command and not any(verb.command.removeprefix("cmdb ").startswith(path) for path in known)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("impact sw-11 sw-12", Order(go="impact", subjects=("sw-11", "sw-12"), rest="sw-11 sw-12")),
        ("cmdb item show sw-11", Order(go="item", subjects=("sw-11",), rest="sw-11")),
        ("vote CR-7", Order(go="change", verb="vote", subjects=("CR-7",), rest="CR-7")),
        ("vote CR-7 withdraw", Order(go="change", verb="withdraw_vote", subjects=("CR-7",), rest="CR-7")),
        ("vote CR-7 approve", Order(go="change", verb="vote", subjects=("CR-7",), rest="CR-7")),
        ("cr-7", Order(go="change", subjects=("CR-7",))),
        ("AI-3", Order(go="action", subjects=("AI-3",))),
        ("ai-3", Order(go="item", subjects=("ai-3",))),
        ("bl-000012", Order(go="baselines", subjects=("BL-000012",))),
        ("sw-11", Order(go="item", subjects=("sw-11",))),
        ("board", Order(go="board")),
        ("  theme   light ", Order(verb="theme", subjects=("light",), rest="light")),
        ("agreements", Order(verb="agreements")),
        ("promises", Order(verb="agreements")),
    ],
)
def test_the_colon_line_reads_the_words_of_the_command_line(typed: str, order: Order) -> None:
    assert actions.order(typed) == order


@pytest.mark.parametrize(
    "typed",
    ["make coffee", "item list --type switch", "vote CR-7 approve -m fine", "board list", "item show a b"],
)
def test_what_leads_nowhere_in_the_app_is_run_as_a_command(typed: str) -> None:
    assert actions.order(typed, {"board list"}) == Order(verb="run", rest=typed)


def test_the_page_about_the_app_has_the_tables_as_they_are() -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "app.md"
    assert verbs.page() in page.read_text("utf-8")


def test_the_footer_never_shows_more_than_six_keys() -> None:
    assert Footer.LIMIT == 6
