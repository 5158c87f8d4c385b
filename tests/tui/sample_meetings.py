"""The meeting of the small estate in memory: what its screen is shown, and that others may change."""

from datetime import datetime, timedelta

from cmdb.errors import NotFound
from tui.ballot_views import BallotLine, Count
from tui.meeting_source import AgendaLine, MeetingCard
from tui.views import ChangeLine


class SampleMeetings:
    """Answers what the app asks about meetings; `moved` makes it another one."""

    def __init__(self, now: datetime) -> None:
        self.looks = 0
        self.marked = 1
        self.missing = False
        line = ChangeLine(id="CR-142", title="Replace core switch sw-11", state="under review")
        ballot = BallotLine(line, Count(1, 4))
        self.card = MeetingCard(
            id="MT-7",
            board="harbour",
            title="Harbour board",
            state="open",
            planned_at=now - timedelta(minutes=30),
            planned_for=3600,
            opened_at=now - timedelta(minutes=25, seconds=13),
            current=2,
            turned_at=now - timedelta(seconds=190),
            there=("a.vries", "k.chen"),
            present=2,
            seats=5,
            leads=True,
            chair="a.vries",
            agenda=(
                AgendaLine(1, "", "Last week's back-outs", "dealt with", 600, "by hand"),
                AgendaLine(2, "CR-142", line.title, "waiting", 0, "query", ballot=ballot),
                AgendaLine(3, "", "Any other business", "waiting", 0, "by hand"),
            ),
            waiting=2,
        )

    def meeting(self, id: str) -> MeetingCard:
        if self.missing:
            raise NotFound("No meeting is called.", "Call one: 'cmdb board meeting call'.")
        return self.card

    def mark(self) -> int:
        self.looks += 1
        return self.marked

    def moved(self, **changes: object) -> None:
        self.card = self.card._replace(**changes)  # type: ignore[arg-type]
        self.marked += 1
