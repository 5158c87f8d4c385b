"""The command log and the list of jobs know what happened, also to what nobody waited for."""

from datetime import UTC, datetime

import pytest

from cmdb.errors import Refused
from tui.capture import Capture
from tui.session import ACTS, Job, Session

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Hands:
    """Somebody at work."""

    def __init__(self) -> None:
        self.is_finished = False
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def refuse() -> str:
    raise Refused("The ballot is closed.", "Ask the chair.")


def test_an_act_is_written_down_whether_it_is_done_or_refused() -> None:
    session = Session()
    assert session.noted(lambda: NOW, "cmdb vote CR-1 approve", lambda: "signed")() == "signed"
    with pytest.raises(Refused):
        session.noted(lambda: NOW, "cmdb vote CR-2 approve", refuse)()
    assert [(one.command, one.outcome, one.done) for one in session.acts] == [
        ("cmdb vote CR-1 approve", "signed", True),
        ("cmdb vote CR-2 approve", "The ballot is closed.", False),
    ]
    assert session.acts[0].at == NOW


def test_only_the_latest_acts_are_kept() -> None:
    session = Session()
    for number in range(ACTS + 3):
        session.note(NOW, f"cmdb {number}", "", done=True)
    assert len(session.acts) == ACTS
    assert session.acts[0].command == "cmdb 3"


def test_a_job_whose_worker_went_away_is_no_longer_running() -> None:
    session, hands = Session(), Hands()
    job = session.began(Job("reading", 10.0), hands)
    assert session.running(12.0) == (job,)
    assert job.took(12.0) == 2.0
    hands.is_finished = True
    assert session.running(15.0) == ()
    assert (job.state, job.took(99.0)) == ("left", 5.0)


def test_a_job_that_ended_holds_nobody_who_asked_for_it() -> None:
    session, hands = Session(), Hands()
    seen, left = session.began(Job("reading", 10.0), Hands()), session.began(Job("reading", 10.0), hands)
    seen.end("done", 11.0)
    hands.is_finished = True
    session.began(Job("reading", 12.0), Hands())
    assert (seen.worker, left.worker) == (None, None)


def test_a_question_is_left_and_a_command_is_asked_to_stop() -> None:
    session, hands = Session(), Hands()
    question = session.began(Job("reading", 10.0), hands)
    question.stop(11.0)
    assert hands.cancelled
    assert (question.state, question.took(99.0)) == ("stopped", 1.0)
    other = Hands()
    command = session.began(Job("cmdb verify", 10.0, Capture()), other)
    command.stop(11.0)
    assert command.capture is not None
    assert command.capture.stopped
    assert not other.cancelled
    assert session.running(11.0) == (command,)
    command.end("stopped", 13.0)
    command.end("done", 14.0)
    assert command.state == "stopped"
    assert session.job(command.number) is command
    assert session.job(999) is None
