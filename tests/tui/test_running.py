"""Every command of the command line can be typed into the app, and is what it is in a shell."""

import shlex

import click
import pytest

from cmdb.errors import Invalid, Refused
from tests.tui.program import line
from tui import cli, running, table
from tui.capture import Capture, catching

BARE = line({})
PATHS = [entry.path for entry in table.TABLE]


@pytest.mark.parametrize("path", PATHS)
def test_every_command_is_reached_or_refused_with_the_words_for_a_shell(path: str) -> None:
    words = BARE.words(f"cmdb {path}")
    if path in running.ELSEWHERE:
        with pytest.raises(Refused) as refused:
            BARE.find(words)
        assert refused.value.reason == running.ELSEWHERE[path]
        assert refused.value.remedy.endswith(f"cmdb {path}")
    else:
        assert BARE.find(words) == path.partition(" --")[0]
    assert BARE.asked((*words, "--help")).reads, "help changes nothing, wherever the command is typed"


@pytest.mark.parametrize("path", [path for path in PATHS if " --" not in path])
def test_what_shows_a_plan_first_is_known_from_the_command_itself(path: str) -> None:
    if path in running.ELSEWHERE:
        return
    found: click.Command = cli.root
    for word in path.split():
        assert isinstance(found, click.Group)
        step = found.get_command(click.Context(found), word)
        assert step is not None
        found = step
    flags = {name for one in found.params for name in one.opts}
    words = path.split()
    assert BARE.asked(words).plans == ("--apply" in flags)
    assert not BARE.asked([*words, "--apply"]).plans


def test_what_is_said_to_change_nothing_or_to_belong_elsewhere_exists() -> None:
    verbs = {path.rpartition(" ")[2] for path in PATHS if " " in path}
    assert verbs >= running.READING_VERBS
    assert set(PATHS) >= running.READING_ALONE
    assert set(PATHS) >= set(running.ELSEWHERE)


def test_whatever_is_a_report_can_be_saved() -> None:
    for text in ("report events", "conformance --section 5.6", "audit completeness", "board meeting minutes"):
        assert BARE.asked(shlex.split(text)).saves, text
    for text in ("audit list", "impact sw-11", "export --to here", "baseline list"):
        assert not BARE.asked(shlex.split(text)).saves, text


def test_reports_and_checks_leave_no_line_in_the_log() -> None:
    for text in ("report risks --limit 3", "agreement check", "agreement check ag-1"):
        assert BARE.asked(shlex.split(text)).harmless, text


def test_writing_commands_are_not_taken_for_reading_ones() -> None:
    for text in (
        "item register sw-9",
        "check-in CR-1 --apply",
        "vote CR-1 approve",
        "person key k.chen f.pub",
    ):
        assert not BARE.asked(shlex.split(text)).harmless, text
    for text in ("item list", "check-in CR-1", "impact sw-11", "verify", "board policy show"):
        assert BARE.asked(shlex.split(text)).harmless, text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("item lst", "There is no command 'item lst'. Did you mean 'list'?"),
        ("itme show", "There is no command 'itme'. Did you mean 'item'?"),
        ("board polcy show", "There is no command 'board polcy'. Did you mean 'policy'?"),
        ("lst", "There is no command 'lst'. Did you mean 'action list', 'agreement list' or"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_near(text: str, says: str) -> None:
    with pytest.raises(Invalid) as wrong:
        BARE.find(BARE.words(text))
    assert says in wrong.value.reason


def test_an_open_quotation_mark_is_refused_and_quotes_are_read_as_a_shell_reads_them() -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        BARE.words("item register sw-9 --name 'Core")
    assert BARE.words("cmdb vote CR-1 -m 'all is well'") == ("vote", "CR-1", "-m", "all is well")
    assert BARE.asked(("vote", "CR-1", "-m", "all is well")).line == "cmdb vote CR-1 -m 'all is well'"


def test_help_and_refusals_are_caught_and_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    helped, refused = Capture(), Capture()
    with catching():
        assert BARE.run(BARE.asked(("item", "list", "--help")), helped) == 0
        assert BARE.run(BARE.asked(("item", "list", "--onwer", "k.chen")), refused) == 2
    assert helped.lines[0].text.startswith("Usage: cmdb item list")
    assert not helped.lines[0].words
    assert isinstance(refused.error, Invalid)
    assert "--owner" in refused.error.reason
    assert [one.text for one in refused.lines if one.words] == [refused.error.reason, refused.error.remedy]
    assert capsys.readouterr() == ("", "")


def test_a_command_that_reads_stdin_is_refused_with_the_words_for_a_shell() -> None:
    found = Capture("cmdb change new --file -")
    with catching():
        code = BARE.run(BARE.asked(("change", "new", "--file", "-")), found)
    assert code == 4
    assert isinstance(found.error, Refused)
    assert found.error.remedy == "Type it in a shell: cmdb change new --file -"


def test_words_options_and_nothing_else_are_completed_without_a_site() -> None:
    assert BARE.offers("item reg", 3) == ("register",)
    assert BARE.offers("che", 5) == ("check-out", "check-in")
    assert BARE.offers("item list --ow", 3) == ("--owner",)
    assert BARE.offers("item show ", 3) == ()
    assert BARE.offers("item show 'sw", 3) == ()
