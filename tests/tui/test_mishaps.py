"""What nobody expected is written down for whoever mends it."""

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmdb.errors import NotFound
from tui import mishaps

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_what_the_system_refuses_is_told_and_anything_else_is_a_mishap() -> None:
    known = NotFound("There is no such thing.", "Look again.")
    assert mishaps.refusal(known) is known
    told = mishaps.refusal(OSError(errno.EROFS, "Read-only file system", "/srv/library.git/cmdb.lock"))
    assert told.reason == "The system refused: Read-only file system: /srv/library.git/cmdb.lock."
    assert "try again" in told.remedy
    for other in (LookupError("x"), FileNotFoundError(errno.ENOENT, "x"), OSError("no number")):
        with pytest.raises(type(other)):
            mishaps.refusal(other)


def test_an_exception_is_added_with_its_traceback_for_this_person_alone(tmp_path: Path) -> None:
    log = mishaps.place({"XDG_STATE_HOME": str(tmp_path)})
    for word in ("first", "sec\ud800ond"):
        try:
            raise LookupError(word)
        except LookupError as error:
            assert mishaps.write_down(error, log, NOW)
    text = log.read_text()
    assert text.count("--- 2026-11-22T12:00:00Z") == 2
    assert "LookupError: first" in text
    assert "test_mishaps.py" in text
    assert log.stat().st_mode & 0o077 == 0


def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("x" * (mishaps.LARGEST + 1))
    assert mishaps.write_down(ValueError("new"), log, NOW)
    assert "new" in log.read_text()
    assert log.stat().st_size < 1000
    assert (tmp_path / "app.log.old").stat().st_size > mishaps.LARGEST


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not mishaps.write_down(ValueError("new"), tmp_path / "file" / "app.log", NOW)


def test_a_message_is_one_short_line() -> None:
    assert mishaps.in_short(ValueError("two\nlines")) == "ValueError: two lines"
    assert mishaps.in_short(KeyError()) == "KeyError"
    assert len(mishaps.in_short(ValueError("x" * 500))) < 140
