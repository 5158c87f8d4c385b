"""The whole source of the app over a real site: what the screens ask, answered by the rooms below.

Loaded after the first paint, in a thread: it brings ORM and git with it. Questions run in one read
transaction each; use cases are called with who acts and the site's clock. What signs asks for the
key only then. The vault is one process and talked to by one thread at a time.
Source: `tui.sources.Source`.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from baselines import checkin, checkout, decisions, due, scoped, scoped_records, verification
from baselines.library import Library
from baselines.past import Past
from ccb import acceptance, ballots, board, changefile, closing, requests, scheduled
from ccb.ballot import Board
from ccb.model import ChangeRequest
from cmdb import calendar, signatures
from cmdb.errors import Invalid, Refused
from cmdb.forecast import WorkEffect, forecast
from cmdb.model import Person
from cmdb.people import key_owner
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises, service_effects
from cmdb.site import Site
from cmdb.store import UnitOfWork
from tui import desk_baselines, desk_check_in, desk_drafts, trend_counts
from tui import desk_waiting as waiting
from tui.ballot_views import Agenda, ChangeCard
from tui.check_in_plans import CheckInPlan
from tui.desk_cards import (
    ballot_line,
    change_card,
    change_line,
    promise_line,
)
from tui.desk_duties import DutyDesk
from tui.desk_events import EventDesk
from tui.desk_items import ItemDesk
from tui.desk_meetings import MeetingDesk
from tui.desk_papers import PaperDesk
from tui.desk_records import RecordDesk
from tui.drafting import moment_of
from tui.drafts import Draft, Ending, Form
from tui.duty_views import Calendar, Section
from tui.item_source import Typed, Verdict
from tui.present import counted, moment, window
from tui.trends import Trend
from tui.views import BaselineLine, ChangeLine, Comparison, Fact, PromiseLine, Proof

OVER_SHOWN = 50
OVER = ("closed", "rejected", "withdrawn", "backed out")


class Desk:
    """One site, one person, one clock."""

    def __init__(
        self, site: Site, person: str, clock: Callable[[], datetime], environ: Mapping[str, str]
    ) -> None:
        self.site = site
        self.person = person
        self.clock = clock
        self.environ = environ
        self.zone = ZoneInfo(site.zone)
        self.library = Library.open(site)
        self.store = self.library.store
        self.item_work = ItemDesk(site, self.store, self._me, clock, environ)
        self.duties = DutyDesk(site, self.store, person, clock)
        self.meetings = MeetingDesk(self.store, person, clock)
        self.records = RecordDesk(site, self.store, self._me, clock, self.item_work.offers)
        self.events = EventDesk(site, self.store, person, clock)
        self._vault = threading.Lock()
        self.papers = PaperDesk(site, self.library, self._vault, person, clock)

    def today(self) -> Sequence[Section]:
        """What waits for the person who acts."""
        with self.store.read() as uow:
            return waiting.sections(uow, self.person, self.clock(), self.zone)

    def calendar(self) -> Calendar:
        """What is planned from now on, and what is left of every promise."""
        with self.store.read() as uow:
            return waiting.calendar(uow, self.clock(), self.zone)

    def trends(self, per: str) -> Sequence[Trend]:
        """Events and requests per week or month, and how long they took."""
        with self.store.read() as uow:
            return trend_counts.counted(uow, self.clock(), self.zone, per)

    # Changes and ballots --------------------------------------------------------------------

    def changes(self) -> Sequence[ChangeLine]:
        """Every change request that is not over, and the last of those that are; newest first."""
        at = self.clock()
        with self.store.read() as uow:
            running = [one for one in requests.listed(uow) if one.state not in OVER]
            over = requests.listed(uow, states=OVER, limit=OVER_SHOWN)
            return [change_line(one, risk=self._risk(uow, one), at=at) for one in (*running, *over)]

    def _risk(self, uow: UnitOfWork, request: ChangeRequest) -> str:
        """The risk of the assessment a request was last shown with."""
        if not request.assessment:
            return ""
        rows = uow.rows("SELECT text FROM evidence WHERE digest = ?", request.assessment)
        return str(json.loads(rows[0][0]).get("risk", "")) if rows else ""

    def change(self, id: str) -> ChangeCard:
        """One request with its assessment, ballots and what is offered."""
        with self.store.read() as uow:
            return change_card(uow, requests.find(uow, id), self.person, self.clock(), self.zone)

    def agenda(self) -> Agenda:
        """The ballots before any board: those that wait for a vote first, of these emergencies."""
        at = self.clock()
        with self.store.read() as uow:
            found = [
                ballots.last_known(uow, one, at=at) for one in requests.listed(uow, states=("under review",))
            ]
            names = [one.name for one in uow.all(Board)]
        lines = [ballot_line(one, self.person, at) for one in reversed(found)]
        waiting = {one.request.id for one in found if self.person in one.outcome.missing}
        lines.sort(
            key=lambda one: (
                not (one.stale or one.change.id in waiting),
                one.change.kind != "emergency",
                one.change.start is None,
            )
        )
        titles = sorted({one.board.name for one in found}) or names
        return Agenda(
            board=found[0].board.id if found else "", title=", ".join(titles[:2]), ballots=tuple(lines)
        )

    def vote(self, change: str, value: str, reason: str, conditions: Sequence[str]) -> str:
        """Sign and cast a vote."""
        at, key = self.clock(), self.key()
        word = "approve with conditions" if value == "conditions" else value
        with self._vault:
            request = decisions.cast(
                self.library,
                change,
                voter=self._me(),
                value=word,
                reason=reason,
                conditions=conditions,
                key=key,
                at=at,
            )
        decided = f": it is {request.state}" if request.state != "under review" else ""
        return f"{word} on {change} is signed and counted{decided}"

    def comment(self, change: str, text: str) -> str:
        """Add a comment."""
        requests.comment(self.store, change, text, actor=self._me(), at=self.clock())
        return f"Commented on {change}"

    def advance(self, change: str, verb: str, note: str = "") -> str:
        """Take a request one step on."""
        steps: Mapping[str, Callable[[], ChangeRequest]] = {
            "submit": lambda: acceptance.submit(self.store, change, actor=self._me(), at=self.clock()),
            "assess": lambda: requests.assess(self.store, change, actor=self._me(), at=self.clock())[0],
            "refer": lambda: board.refer(self.store, change, actor=self._me(), at=self.clock()),
            "resume": lambda: requests.resume(self.store, change, actor=self._me(), at=self.clock()),
            "start": lambda: requests.start(self.store, change, actor=self._me(), at=self.clock()),
            "finish": lambda: requests.finish(self.store, change, actor=self._me(), at=self.clock()),
            "withdraw": lambda: requests.withdraw(
                self.store, change, reason=note, actor=self._me(), at=self.clock()
            ),
            "decide": lambda: self._decide(change, note),
        }
        request = steps[verb]()
        done = {"start": "work on {} has started", "finish": "work on {} is finished"}
        return done.get(verb, "{} is " + request.state).format(request.id)

    def _decide(self, change: str, note: str) -> ChangeRequest:
        at, key = self.clock(), self.key()
        with self.store.read() as uow:
            now = ballots.ballot(uow, requests.find(uow, change), at=at)
        open_still = now.outcome.result == "open"
        act = board.decide(
            self.store, change, by=self._me(), close=open_still, rationale=note, key=key, at=at
        )
        with self._vault:
            return decisions.enter(self.library, act, key=key, at=at)

    def close_change(self, change: str, ending: Ending) -> str:
        """Close a request that is checked in."""
        request = closing.close(
            self.store,
            change,
            outcome=ending.outcome,
            outage=changefile.seconds(ending.outage) if ending.outage else None,
            deviation=ending.deviation,
            test_result=ending.test_result,
            test_reviewer=ending.test_reviewer,
            past=Past(self.library),
            actor=self._me(),
            at=self.clock(),
        )
        return f"{request.id} is closed: {request.outcome}"

    def draft(self, draft: Draft) -> str:
        """Write a new change request from a form."""
        return desk_drafts.write(self.store, draft, self.zone, actor=self._me(), at=self.clock()).id

    def form(self, change: str) -> Form:
        """The form of a request as it stands."""
        return desk_drafts.form_of(self.store, change, self.zone, at=self.clock())

    def redraft(self, change: str, draft: Draft, seen: str = "") -> str:
        """Replace the content of a request by a form; it is a draft again."""
        actor, at = self._me(), self.clock()
        return desk_drafts.rewrite(self.store, change, draft, self.zone, seen=seen, actor=actor, at=at).id

    # The library ----------------------------------------------------------------------------

    def check_out(self, change: str) -> str:
        """Check a request out, into a directory beside the site."""
        folder = desk_check_in.room(self.site, change)
        with self._vault:
            found = checkout.check_out(self.library, change, folder=folder, actor=self._me(), at=self.clock())
        until = moment(found.expires_at, self.zone, self.clock())
        with self.store.read() as uow:
            opened = checkout.open_fields(requests.find(uow, change))
        note = f"; C fills in what is open: {', '.join(opened)}" if opened else ""
        return f"{change} is checked out until {until}, its records are in {found.folder}{note}"

    def check_in_plan(self, change: str) -> CheckInPlan:
        """What a check-in would write, and every problem in its way; changes nothing."""
        return desk_check_in.plan(self.library, change, actor=self._me(), at=self.clock())

    def judge_open(self, change: str, typed: Typed) -> Verdict:
        """What the rules say of what is typed for the open fields."""
        return desk_check_in.judge(self.library, change, typed)

    def fill_open(self, change: str, typed: Typed, seen: Typed) -> CheckInPlan:
        """Write what is typed into the working directory; gives the plan as it is then."""
        actor, at = self._me(), self.clock()
        desk_check_in.fill(self.library, self.site, change, typed, seen, actor=actor, at=at)
        return self.check_in_plan(change)

    def check_in(self, change: str, seen: str = "") -> str:
        """Check in; one signed baseline, of what was `seen`."""
        at, key = self.clock(), self.key()
        with self._vault:
            with self.store.read() as uow:
                request = requests.find(uow, change)
            me = self._me()
            if scoped_records.change_of(request):
                agreed = scoped.establish(self.library, change, actor=me, key=key, at=at)
                return f"{change} is done: {agreed.id} is the baseline of {agreed.scope}"
            if request.kind in ("baseline", "promotion"):
                made = checkin.establish(self.library, change, actor=me, key=key, at=at)
            else:  # what was left as it was has been shown before the number was typed
                made = checkin.check_in(
                    self.library, change, unchanged=True, seen=seen, actor=me, key=key, at=at
                )
        return f"{change} is checked in: {made.id}"

    def baselines(self, *, scopes: bool = False) -> Sequence[BaselineLine]:
        """Every baseline of the site, or every one of a scope, newest first."""
        with self.store.read() as uow:
            return desk_baselines.of_scopes(uow) if scopes else desk_baselines.listed(uow)

    def compare(self, older: str, newer: str) -> Comparison:
        """What differs between two baselines, of the site or of scopes."""
        with self._vault:
            return desk_baselines.compared(self.library, older, newer)

    def proof(self) -> Proof:
        """What verify says."""
        with self._vault:
            report = verification.verify(self.library)
        lines = [
            Fact(label="baselines", text=f"{report.baselines:,} proved"),
            Fact(label="changes", text=f"{report.changes:,} traced to their decisions"),
            Fact(label="votes", text=f"{counted(report.votes, 'signature holds', 'signatures hold')}"),
            Fact(
                label="root", text=f"{report.root}  not confirmed by you: cmdb verify --root ID", role="dim"
            ),
        ]
        if report.alone:
            lines.append(Fact(label="alone", text=f"{report.alone:,} decided by one person", role="warn"))
        if report.failure:
            failure = report.failure
            first = Fact(label="fails first", text=f"{failure.kind} {failure.id}: {failure.why}", role="bad")
            lines = [first, Fact(label="", text=failure.detail, role="dim"), *lines]
        return Proof(ok=report.ok, lines=tuple(lines))

    # Promises and the calendar --------------------------------------------------------------

    def promises(
        self, ids: Sequence[str], typed: tuple[str, str] | None, known: Mapping[str, str] | None = None
    ) -> tuple[str, Sequence[PromiseLine]]:
        """What is left of the promises these touch, and what an outage in a window would take."""
        now = self.clock()
        start = moment_of(typed[0], self.zone, now) if typed else now
        length = changefile.seconds(typed[1]) if typed else 0
        if typed and not length:
            raise Invalid("The window lasts no time.", "Give its length, such as 2h.")
        end = start + timedelta(seconds=max(length, 1))
        work = PlannedWork(
            reference="question",
            window_start=start,
            window_end=end,
            down=tuple(ids),
            expected=length,
            worst=length,
            down_from=start,
        )
        with self.store.read() as uow:
            estate = StoredEstate(uow.rows, uow.dialect)
            effects = service_effects(estate, ids) if known is None else known
            this = WorkEffect(work=work, effects=effects)
            done = scheduled.before(uow.rows, uow.dialect, now, work.reference)
            gathered = StoredPromises(uow.rows, uow.dialect).gather(estate, this, now, done)
        rows = forecast(
            gathered.agreements, this, gathered.others, gathered.facts, now=now, hours=calendar.service_time
        )
        words = window(start, end, self.zone, now) if typed else ""
        return words, [promise_line(row.fields(), self.zone) for row in rows]

    def close(self) -> None:
        """End the program that reads the vault, and let go of the database."""
        self.library.close()
        self.store.engine.dispose()

    def key(self) -> Path:
        """The key file of who acts. Raises Refused with the command that registers one."""
        with self.store.read() as uow:
            person = uow.get(Person, self._me())
            return signatures.choose_key(person, self.environ, partial(key_owner, uow))

    def _me(self) -> str:
        if not self.person:
            raise Refused(
                "Nobody is named who acts, and this writes.",
                "Start the app with --as PERSON, or set CMDB_PERSON.",
            )
        return self.person


def opened(site: Site, person: str, clock: Callable[[], datetime], environ: Mapping[str, str]) -> Desk:
    """Open a desk on a site, and note what became due. Raises NotFound when a store is missing."""
    desk = Desk(site, person, clock, environ)
    with suppress(Refused):  # who may only read, a disk nobody can write to: it waits for somebody else
        due.tick(desk.store, actor=person, at=clock())
    return desk
