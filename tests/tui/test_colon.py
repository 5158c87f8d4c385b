"""The colon line, everything behind `x`, the command log and the jobs, by hand on a real site."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from cmdb.errors import Refused
from tests.tui import program, quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tests.tui.sample import Sample
from tui import cli, verbs
from tui.app import CmdbApp
from tui.given import Given
from tui.running import CommandLine
from tui.screens.output import OutputPage
from tui.views import ItemCard, ItemQuery


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def environ(site: Quayside, person: str) -> dict[str, str]:
    return {
        **site.keys.environ(person),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": person,
        "CMDB_NOW": "2026-11-22T12:00:00Z",
    }


def app(site: Quayside, person: str, start: str = "items") -> CmdbApp:
    line = program.line(environ(site, person))
    return CmdbApp(site.fast(person), lambda: site.desk(person), start=start, line=lambda: line)


async def say(hand: Hand, words: str) -> None:
    """Type a line after the colon, as pasted, and press Enter."""
    await hand.press("colon")
    hand.app.screen.query_one("#typed").value = words  # type: ignore[attr-defined]
    await hand.press("enter")


async def test_a_command_runs_with_its_own_words_and_the_list_beneath_shows_what_it_did(
    site: Quayside,
) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "item register srv-9 --type server --name '[red]Nine[/]' --owner k.chen")
        await hand.sees("● done", "cmdb item register srv-9 --type server", "srv-9")
        await hand.press("escape")
        await hand.sees("5 items", "[red]Nine[/]")
        await hand.press("at")
        await hand.sees("Command log", "13:00:00  cmdb item register srv-9", "● srv-9 is registered")
        await hand.press("y")
        await hand.sees("Copied: cmdb item register srv-9")
        assert hand.app.clipboard.startswith("cmdb item register srv-9 --type server --name '[red]Nine[/]'")
    assert site.fast("a.vries").item("srv-9").line.name == "[red]Nine[/]"


async def test_an_id_alone_opens_the_page_of_whatever_is_called_so(site: Quayside, tmp_path: Path) -> None:
    for id in ("cm-plan", "sw-11"):  # a document, and one that is called as an item is
        file = tmp_path / f"{id}.yaml"
        file.write_text(f"{{id: {id}, kind: CM plan, title: How it is done, owner: k.chen}}")
        assert cli.run(["document", "register", str(file)], environ(site, "a.vries")) == 0
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "cm-plan")
        await hand.sees("Document  cm-plan", "How it is done")
        await say(hand, "sw-11")
        await hand.sees("Item  sw-11")
        await say(hand, "sla-nobody")
        await hand.sees("There is no item 'sla-nobody'")
        for words, title in (("document cm-plan", "Document  cm-plan"), ("item  sw-11", "Item  sw-11")):
            await say(hand, words)
            await hand.sees(title)
        await say(hand, "item shwo sw-13")
        await hand.sees("There is no command 'item shwo")
        await say(hand, "document plan")
        await hand.sees("There is no command 'document plan'")


async def test_a_refused_command_says_reason_and_remedy_and_stands_in_the_log(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "item hold sw-99 --until +2h -m because")
        await hand.sees("× refused (3)", "There is no item 'sw-99'.", "cmdb item search sw-99")
        await hand.press("escape", "at")
        await hand.sees("× There is no item 'sw-99'.")


async def test_reading_leaves_no_line_in_the_log_and_what_it_printed_can_be_copied(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "person list")
        await hand.sees("● done", "Anna de Vries")
        await hand.press("y")
        await hand.sees("Copied")
        assert hand.app.clipboard.startswith("ID ")
        assert "Anna de Vries" in hand.app.clipboard
        await hand.press("Y")
        assert hand.app.clipboard == "cmdb person list"
        await hand.press("at")
        await hand.sees("Nothing was written in this session yet.")


async def test_a_plan_is_applied_only_after_a_question_that_starts_on_cancel(
    site: Quayside, tmp_path: Path
) -> None:
    file = tmp_path / "more.csv"
    file.write_text("id,type,name,owner\nsrv-7,server,Seven,k.chen\n")
    async with at_work(app(site, "a.vries"), (120, 36)) as hand:
        await hand.sees("4 items")
        await say(hand, f"import {file} --as-kind items")
        await hand.sees("--apply writes it", "A apply")
        await hand.press("A")
        await hand.sees("▶ Cancel")
        await hand.press("enter")
        await hand.sees("A apply")
        assert [one.state for one in hand.app.session.jobs if one.capture] == ["done"]
        await hand.press("A")
        await hand.sees("▶ Cancel")
        await hand.press("y")
        await hand.until(lambda: len([one for one in hand.app.session.jobs if one.capture]) == 2)
        await hand.sees("● done", "more.csv is imported.")
        await hand.press("A")
        await hand.sees("This command shows no plan that could be applied.")
        await hand.press("escape", "escape")
        await hand.sees("5 items", "srv-7")


async def test_the_command_for_a_filtered_list_lists_the_same_when_it_is_run(site: Quayside) -> None:
    async with at_work(app(site, "a.vries"), (120, 36)) as hand:
        await hand.sees("4 items")
        await hand.press("slash")
        hand.app.screen.query_one("#typed").value = "owner:k.chen !retired"  # type: ignore[attr-defined]
        await hand.press("enter")
        query = ItemQuery(words="owner:k.chen !retired")
        shown = [one.id for one in site.fast("a.vries").items(query, 0, 100)]
        await hand.until(lambda: hand.app.screen.query_now == query)  # type: ignore[attr-defined]
        await hand.press("Y")
        assert hand.app.clipboard == "cmdb item list owner:k.chen '!retired'"
        await say(hand, hand.app.clipboard)
        await hand.sees("● done", "OWNER")
        (job,) = (one for one in hand.app.session.jobs if one.capture)
        assert job.capture is not None
        assert [one.text.split()[0] for one in job.capture.lines[1:]] == shown


async def test_a_wrong_word_is_refused_where_it_was_typed(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "item lst")
        await hand.sees("There is no command 'item lst'. Did you mean 'list'?", "4 items")
        await say(hand, "lst")
        await hand.sees("There is no command 'lst'. Did you mean")
        await say(hand, "rebuild --apply")
        await hand.sees("Leave the app and type in a shell: cmdb rebuild --apply")
        await say(hand, "theme")
        await hand.sees("dark (now), light")
        await say(hand, "theme drak")
        await hand.sees("There is no theme 'drak'.")
        await hand.press("colon", "up", "up")
        assert hand.app.screen.query_one("#typed").value == "theme"  # type: ignore[attr-defined]


async def test_tab_takes_the_completion_and_enter_only_what_was_typed(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await hand.press("colon")
        typed = hand.app.screen.query_one("#typed")
        for words, whole in (
            ("item reg", "item register"),
            (" --ow", "item register --owner"),
            ("=k.chen --ty", "item register --owner=k.chen --type"),
        ):
            await hand.type(words)
            await hand.press("tab")
            await hand.until(lambda whole=whole: typed.value == whole)  # type: ignore[attr-defined]
        await hand.press("escape", "colon")
        await hand.type("item show sw-1")
        await hand.sees("item show sw-11")
        await hand.press("right")
        assert typed.value == "item show sw-11"  # type: ignore[attr-defined]
        await hand.press("escape", "colon")
        await hand.type("sw-1")
        await hand.sees(":sw-11")
        await hand.press("enter")
        await hand.sees("There is no item 'sw-1'.")


async def test_a_noun_alone_shows_its_help_and_help_is_not_asked_for_twice(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "claim --help")
        await hand.sees("cmdb claim --help", "Usage: cmdb claim")
        assert "--help --help" not in hand.screen


async def test_what_is_not_there_has_a_footer_and_a_way_back(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "sw-99")
        await hand.sees("There is no item 'sw-99'.", "? keys")
        await hand.press("escape")
        await hand.sees("4 items")


async def test_everything_is_listed_with_the_guard_s_sentence_and_enter_does_it(site: Quayside) -> None:
    id = site.raised()
    async with at_work(app(site, "k.chen", "changes"), (120, 36)) as hand:
        await hand.sees(id)
        await hand.press("x")
        await hand.sees(f"Everything that can be done with {id}", "narrow")
        await hand.type("submit")
        await hand.sees("submit the draft", "× ")
        assert "vote on the ballot" not in hand.screen
        await hand.press("enter")
        await hand.until(lambda: hand.screen.count("submitted") >= 2)
        await hand.press("escape", "x")
        await hand.type("comment")
        await hand.press("enter")
        await hand.sees("comment:")


async def test_jobs_lists_what_ended_and_opens_the_output_of_a_command(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        await say(hand, "type list")
        await hand.sees("● done")
        await hand.press("escape", "J")
        await hand.sees("Jobs", "Running  nothing", "● done", "cmdb type list")
        await hand.press("ctrl+k")
        await hand.sees("This has ended.")
        while "▶ ● done" not in next(one for one in hand.lines if "cmdb type list" in one):
            await hand.press("down")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, OutputPage))
        await hand.sees("network-device")


class Slow(Sample):
    """A source that answers about an item only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.held = True

    def item(self, id: str) -> ItemCard:
        while self.held:
            asyncio.run(asyncio.sleep(0.01))
        return super().item(id)


async def test_escape_gives_up_a_read_that_lasts_and_the_list_of_jobs_says_so() -> None:
    slow = Slow()
    async with at_work(CmdbApp(slow, lambda: slow, start="items")) as hand:
        await hand.sees("300 items")
        await say(hand, "sw-11")
        await hand.sees("reading…")
        await hand.press("J")
        await hand.sees("▶ running")
        await hand.press("escape", "escape")
        await hand.sees("Not waited for any more; R reads again.")
        slow.held = False
        await hand.press("J")
        await hand.sees("■ stopped", "Running  nothing")


class Broken(Sample):
    """A source with a programming error in it."""

    def item(self, id: str) -> ItemCard:
        raise LookupError(f"[red]{id}\x1b[31m")


async def test_a_programming_error_is_one_line_and_a_log_and_the_app_goes_on(tmp_path: Path) -> None:
    broken, log = Broken(), tmp_path / "app.log"
    async with at_work(CmdbApp(broken, lambda: broken, start="items", log=log), (120, 36)) as hand:
        hand.clumsy = True
        await hand.sees("300 items")
        await say(hand, "sw-11")
        await hand.sees("Something went wrong inside the app: LookupError: [red]sw-11", "The app goes on.")
        assert "\x1b" not in hand.screen
        assert "Traceback" in log.read_text()
        assert "LookupError" in log.read_text()
        await hand.press("escape", "2")
        await hand.sees("300 items")
        await hand.press("slash")
        await hand.type("core")
        await hand.sees("2 items")


async def test_a_command_with_a_programming_error_says_so_and_the_app_goes_on(site: Quayside) -> None:
    made = app(site, "a.vries")
    assert isinstance(made.line, CommandLine)

    def fall(_words: object, _environ: object) -> int:
        raise LookupError("inside a command")

    made.line.program = made.line.program._replace(run=fall)
    async with at_work(made) as hand:
        hand.clumsy = True
        await hand.sees("4 items")
        await say(hand, "type list")
        await hand.sees("× failed", "LookupError: inside a command")
        await hand.press("escape", "2")
        await hand.sees("4 items")


async def test_a_key_that_performs_a_command_is_said_logged_and_read_again(site: Quayside) -> None:
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("4 items")
        page = hand.app.screen
        page.perform("item", "register", "srv-9", "--type", "server", "--name", "a b", "--owner", "k.chen")  # type: ignore[attr-defined]
        await hand.sees("5 items", "srv-9 is registered")
        assert hand.app.session.acts[-1].command.endswith("--name 'a b' --owner k.chen")
        page.perform("item", "hold", "sw-99", "--until", "+2h", "-m", "x")  # type: ignore[attr-defined]
        await hand.sees("× There is no item 'sw-99'.")
        assert not hand.app.session.acts[-1].done


def test_without_a_command_line_a_command_is_refused() -> None:
    sample = Sample()
    with pytest.raises(Refused, match="No command line"):
        CmdbApp(sample, lambda: sample).perform(("item", "list"))


PAGES = {
    "item": ("sw-11",),
    "impact": ("sw-11", "sw-12"),
    "change": ("CR-142",),
    "compare": ("BL-000310", "BL-000311"),
}


@pytest.mark.parametrize("name", [*(place.name for place in verbs.PLACES), *PAGES])
async def test_the_command_of_every_screen_is_one_the_command_line_reads(name: str) -> None:
    sample, line = Sample(), program.line({})
    async with at_work(CmdbApp(sample, lambda: sample, start=name, subjects=PAGES.get(name, ()))) as hand:
        await hand.until(lambda: getattr(hand.app.screen, "NAME", "") and hand.app.screen.idle)  # type: ignore[attr-defined]
        await hand.press("Y")
        command = hand.app.clipboard
        assert command.startswith("cmdb "), name
        words = line.words(command)
        path = line.find(words)
        arguments = list(words[len(path.split()) :])
        found: click.Command = cli.root
        for word in path.split():
            assert isinstance(found, click.Group)
            step = found.get_command(click.Context(found), word)
            assert step is not None
            found = step
        found.make_context(path, arguments, obj=Given())
