"""Every screen as plain text, and the ballots walked by questions and answers."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.stories.terminal import Terminal
from tests.tui import quayside
from tests.tui.quayside import PATCH, Quayside
from tui import ballot_words, verbs
from tui.ballot_views import ChangeCard, VoteLine
from tui.present import Line
from tui.screens import ballot
from tui.screens.directory import SCREENS
from tui.screens.place import Place
from tui.table import TABLE
from tui.views import ChangeLine, FieldChange

DRAWN = re.compile("[\x1b\u2500-\u259f]")  # escapes, lines and blocks


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path_factory.mktemp("plain") / "site", keys)
    yield made
    made.close()


@pytest.fixture(scope="module")
def terminal(site: Quayside) -> Terminal:
    for person in ("m.jansen", "s.berg", "a.vries"):
        site.keys.private(person)
    return Terminal(site.site.path, site.keys.folder, now="2026-11-22T12:00:00Z", person="m.jansen")


def says(terminal: Terminal, typed: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    return terminal.types("board review --plain", *words)


def test_every_screen_has_one_command_that_prints_it_and_the_table_no_other() -> None:
    kinds = [getattr(import_module(f"tui.screens.{module}"), kind) for module, kind in SCREENS.values()]
    screens = {one.NAME for one in kinds if issubclass(one, Place)}
    # The page of a command's output shows what that command prints.
    assert screens - {"output"} == set(verbs.AS_TEXT)
    paths = {entry.path for entry in TABLE}
    words = {one: words.replace(" {id}", "").partition(" --")[0] for one, words in verbs.AS_TEXT.items()}
    assert {one for one in words.values() if one.removeprefix("cmdb ") not in paths} == set()
    assert len(set(words.values())) == len(words)


def test_what_they_print_is_lines_of_words(site: Quayside, terminal: Terminal) -> None:
    site.raised(PATCH, to="draft")
    ids = {"item": "sw-11", "impact": "sw-11", "change": "CR-1", "agreement": "acme-mail"}
    done = 0
    for screen, words in verbs.AS_TEXT.items():
        if screen == "board" or ("{id}" in words and screen not in ids):
            continue
        answer = terminal.types(words.removeprefix("cmdb ").format(id=ids.get(screen, "")))
        assert answer.code == 0, (words, answer.words)
        assert not DRAWN.search(answer.out), words
        done += 1
    assert done > 12


def test_today_says_what_waits_and_for_whom(site: Quayside, terminal: Terminal) -> None:
    id = site.raised()
    out = terminal.does("today")
    assert "Waits for my vote: 1 line." in out
    assert f"{id}, Replace core switch sw-11" in out
    told = terminal.types("today --json").json
    assert told["person"] == "m.jansen"
    assert told["sections"][0]["lines"][0]["id"] == id


def test_the_ballots_are_walked_by_words_and_a_vote_is_signed_after_a_yes(
    tmp_path: Path, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = quayside.built(tmp_path / "site", keys)
    first, second = site.raised(), site.raised(PATCH)
    terminal = Terminal(site.site.path, keys.folder, now="2026-11-22T12:00:00Z", person="m.jansen")
    answer = says(terminal, "reject\n\nread\nmumble\napprove\nno\n", monkeypatch)
    assert answer.code == 0
    assert f"Ballot 1 of 2: {first}" in answer.out
    assert "A rejection needs a reason; nothing was signed." in answer.err
    assert "Nothing was signed." in answer.out
    assert "'mumble' is no word here" in answer.err
    assert answer.out.rstrip().endswith("Stopped.")
    assert site.desk("m.jansen").change(first).votes == ()
    walked = f"approve\nyes\nprevious\n{second}\nconditions\nwatch the logs\n\nyes\nlist\nstop\n"
    answer = says(terminal, walked, monkeypatch)
    assert f"Your vote on {first} is signed: approve." in answer.out
    assert f"Your vote on {second} is signed: approve with conditions." in answer.out
    votes = {id: site.desk("m.jansen").change(id).votes[0].value for id in (first, second)}
    assert votes == {first: "approve", second: "approve with conditions"}
    # A guard says the same words here as for a key or a command; nobody without a seat votes.
    monkeypatch.setattr(sys, "stdin", io.StringIO("approve\nyes\n"))
    refused = Terminal(site.site.path, keys.folder, now="2026-11-22T12:00:00Z", person="p.ng").types(
        "board review --plain"
    )
    assert "To vote CR-" in refused.err
    assert "is signed" not in refused.out
    assert "conversation" in terminal.types("board review --json").words
    site.close()


def test_a_vote_on_what_moved_since_it_was_read_out_is_not_signed(
    tmp_path: Path, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = quayside.built(tmp_path / "site", keys)
    id = site.raised()
    terminal = Terminal(site.site.path, keys.folder, now="2026-11-22T12:00:00Z", person="m.jansen")

    class Interrupted(io.StringIO):
        """Somebody who takes long to say yes."""

        def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
            line = super().readline(-1 if size is None else size)
            if line == "yes\n":
                other = Terminal(terminal.site, terminal.keys, now=terminal.now, person="a.vries")
                other.does("item register zz-1 --type service --name Radio --owner k.chen")
                other.does("item connect zz-1 sw-11")
            return line

    monkeypatch.setattr(sys, "stdin", Interrupted("approve\nyes\n"))
    answer = terminal.types("board review --plain")
    assert "is not what was read out; nothing was signed." in answer.err
    assert site.desk("m.jansen").change(id).votes == ()
    site.close()


def test_without_a_ballot_it_says_so(terminal: Terminal, keys: Any, tmp_path: Path) -> None:
    site = quayside.built(tmp_path / "site", keys)
    empty = Terminal(site.site.path, keys.folder, now="2026-11-22T12:00:00Z", person="m.jansen")
    assert empty.does("board review") == "No ballot lies before a board.\n"
    site.close()


class Noon:
    """A clock that stands still."""

    zone = UTC

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, tzinfo=UTC)


def texts(lines: Iterable[Line]) -> list[str]:
    """What lines say, without their colours."""
    return ["".join(piece.text for piece in line).strip() for line in lines]


CONDITIONAL = VoteLine(
    member="p.ng",
    value="approve with conditions",
    reason="Fine; I was there last time",
    conditions=("before check-out: spare on site", "pictures; of both sides"),
)


def test_the_reason_of_a_vote_and_each_of_its_conditions_are_sentences_of_their_own() -> None:
    card = ChangeCard(line=ChangeLine(id="CR-1", title="x", state="under review"), votes=(CONDITIONAL,))
    said = ballot_words.sentences(card, "me")
    start = said.index("p.ng voted approve with conditions: Fine; I was there last time.")
    assert said[start + 1 : start + 3] == [
        "On condition of p.ng: before check-out: spare on site.",
        "On condition of p.ng: pictures; of both sides.",
    ]


def test_the_card_of_a_ballot_shows_conditions_apart_from_reasons_and_why_somebody_rejects() -> None:
    against = VoteLine(member="t.ruiz", value="reject", reason="No spare.")
    line = ChangeLine(id="CR-1", title="x", state="under review")
    card = ChangeCard(line=line, votes=(CONDITIONAL, against))
    shown = texts(ballot.votes(card, 80))
    assert "condition  p.ng: before check-out: spare on site" in shown
    assert "condition  p.ng: pictures; of both sides" in shown
    assert "rejected   t.ruiz: No spare." in shown
    assert not any("I was there" in one for one in shown)
    read = texts(ballot.page(card, "comments", Noon(), 80))
    assert "p.ng  approve with conditions: Fine; I was there last time" in read
    assert "on condition: pictures; of both sides" in read


def test_hostile_words_stay_on_their_line() -> None:
    nasty = "x\n\x1b[31mred\u202e[b]\ty"
    card = ChangeCard(
        line=ChangeLine(id="CR-1", title=nasty, state="under review", originator=nasty),
        reason=nasty,
        votes=(VoteLine(member="p.ng", value="reject", reason=nasty),),
    )
    said = [
        ballot_words.heading(card, 1, 1),
        *ballot_words.sentences(card, "me"),
        *ballot_words.differences([FieldChange("sw-11", "set", "model", nasty, nasty, nasty)]),
    ]
    assert not any(letter in line for line in said for letter in "\n\x1b\u202e\t")
    assert all(line[-1] in ".:?!" for line in said)
