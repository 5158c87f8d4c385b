"""What a command prints goes where its thread says, and nobody answers for a person."""

import sys
import threading

import click
import pytest

from cmdb.errors import Refused
from tui.capture import MOST, Capture, catching, caught_by, current
from tui.progress import Progress


def test_each_thread_prints_into_its_own_capture(capsys: pytest.CaptureFixture[str]) -> None:
    captures = [Capture() for _ in range(4)]
    together = threading.Barrier(4)

    def work(number: int) -> None:
        with caught_by(captures[number]):
            together.wait()
            for turn in range(50):
                click.echo(f"{number} {turn}")
                click.echo(f"words {number}", err=True)

    with catching():
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        click.echo("from outside")
    assert capsys.readouterr() == ("from outside\n", "")
    for number, capture in enumerate(captures):
        assert [one.text for one in capture.lines if not one.words] == [
            f"{number} {turn}" for turn in range(50)
        ]
        assert {one.text for one in capture.lines if one.words} == {f"words {number}"}


def test_a_line_without_an_end_counts_once_nothing_comes_any_more() -> None:
    capture = Capture()
    with catching(), caught_by(capture):
        sys.stdout.write("one\r\ntwo")
        assert [one.text for one in capture.lines] == ["one"]
    assert [one.text for one in capture.lines] == ["one", "two"]
    assert current() is None


def test_nobody_is_asked_and_no_stream_has_a_file() -> None:
    capture = Capture("cmdb x")
    with catching(), caught_by(capture):
        assert not sys.stdin.isatty()
        assert not sys.stdout.isatty()
        for read in (sys.stdin.read, sys.stdin.readline, sys.stdin.buffer.read, lambda: input("sure? ")):
            with pytest.raises(Refused) as refused:
                read()
            assert refused.value.remedy == "Type it in a shell: cmdb x"
        with pytest.raises(OSError, match="no file"):
            sys.stdout.fileno()


def test_a_command_that_is_asked_to_stop_does_so_at_its_next_word_and_may_say_so() -> None:
    capture = Capture()
    with catching(), caught_by(capture):
        click.echo("one")
        capture.stop()
        with pytest.raises(KeyboardInterrupt):
            click.echo("two")
        click.echo("Stopped.")
    assert capture.text() == "one\nStopped."


def test_progress_stands_with_the_job_and_is_a_place_to_stop() -> None:
    capture = Capture()
    with caught_by(capture):
        progress = Progress()
        progress("rows read", 12_000)
        assert capture.progress == "rows read: 12,000"
        capture.stop()
        with pytest.raises(KeyboardInterrupt):
            progress("rows read", 13_000)
    assert capture.lines == []


def test_more_lines_than_anybody_reads_are_counted_only() -> None:
    capture = Capture()
    capture.write("x\n" * (MOST + 5), words=False)
    assert (len(capture.lines), capture.beyond) == (MOST, 5)


def test_the_outcome_is_the_reason_of_a_refusal_else_what_was_said_last() -> None:
    capture = Capture()
    assert capture.outcome() == "done"
    capture.write("first\nlast\n\n", words=False)
    assert capture.outcome() == "last"
    capture.error = Refused("Not now.", "Wait.")
    assert capture.outcome() == "Not now."
