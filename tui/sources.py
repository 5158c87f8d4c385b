"""What the screens ask and ask for: the one seam between the app and the rooms below it.

Every function may be called from any thread, returns plain values and raises `CmdbError` for a
refusal. `FastSource` is answered by the read path alone (no ORM, no git); `Source` may load
heavier rooms, which is why the app asks for it only after its first paint.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tui.ballot_views import Agenda, ChangeCard
from tui.check_in_plans import CheckInPlan
from tui.drafts import Draft, Ending, Form
from tui.duty_source import Duties
from tui.duty_views import Calendar, Section
from tui.event_source import Events
from tui.item_source import ItemWork, Typed, Verdict
from tui.meeting_source import Meetings
from tui.paper_source import Papers
from tui.record_source import Records
from tui.trends import Trend
from tui.views import (
    BaselineLine,
    ChangeLine,
    Comparison,
    Deed,
    ImpactCard,
    ItemCard,
    ItemLine,
    ItemQuery,
    Masthead,
    Neighbours,
    PromiseLine,
    Proof,
)


class FastSource(Protocol):
    """What a person waits for at every key."""

    def now(self) -> datetime:
        """The site's clock."""
        ...

    def masthead(self) -> Masthead:
        """Site, zone, newest baseline and who acts."""
        ...

    def count(self, query: ItemQuery) -> int:
        """How many items match."""
        ...

    def items(self, query: ItemQuery, offset: int, limit: int) -> Sequence[ItemLine]:
        """A page of the items that match, in the order asked for."""
        ...

    def position(self, query: ItemQuery, id: str) -> int | None:
        """Where an item stands in that order; None when it does not match."""
        ...

    def item(self, id: str) -> ItemCard:
        """One item with its facts."""
        ...

    def neighbours(self, id: str, *, needs: bool, limit: int) -> Neighbours:
        """What an item needs (`needs`), or what needs it."""
        ...

    def item_history(self, id: str) -> Sequence[Deed]:
        """What happened to an item, newest first."""
        ...

    def impact(self, ids: Sequence[str]) -> ImpactCard:
        """What fails while these are down."""
        ...

    def complete(self, start: str, limit: int) -> Sequence[str]:
        """Ids that begin with `start`."""
        ...

    def page_of(self, id: str) -> str:
        """The page of an agreement or document that is called so; empty where none is, or an item is."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Source(Protocol):
    """What needs more than the read path."""

    @property
    def duties(self) -> Duties:
        """Promises and duties: action items, notices, outages, agreements, windows."""
        ...

    @property
    def meetings(self) -> Meetings:
        """Meetings of the boards."""
        ...

    @property
    def events(self) -> Events:
        """Incidents and service requests."""
        ...

    @property
    def records(self) -> Records:
        """Reviews, milestones and trainings, and forms of records."""
        ...

    @property
    def papers(self) -> Papers:
        """Documents, releases and findings."""
        ...

    @property
    def item_work(self) -> ItemWork:
        """What can be done with items."""
        ...

    def trends(self, per: str) -> Sequence[Trend]:
        """Events and requests per week or month, and how long they took."""
        ...

    def promises(
        self, ids: Sequence[str], typed: tuple[str, str] | None, known: Mapping[str, str] | None = None
    ) -> tuple[str, Sequence[PromiseLine]]:
        """What is left of the promises these touch, and what an outage in a window would take.

        `typed` is a window as (start, length), the start in the site's zone when it names none; None
        is now, with no length. The first answer says the window in words. `known`: what the outage
        does to services, by id, where that was followed already.
        """
        ...

    def today(self) -> Sequence[Section]:
        """What waits for the person who acts."""
        ...

    def changes(self) -> Sequence[ChangeLine]:
        """Every change request that is not over, and those that ended lately."""
        ...

    def change(self, id: str) -> ChangeCard:
        """One request with its assessment, ballots and what is offered."""
        ...

    def agenda(self) -> Agenda:
        """The ballots the person who acts can see, those that wait for a vote first."""
        ...

    def baselines(self, *, scopes: bool = False) -> Sequence[BaselineLine]:
        """Every baseline of the site, or every one of a scope, newest first."""
        ...

    def compare(self, older: str, newer: str) -> Comparison:
        """What differs between two baselines, of the site or of scopes, and who authorised both."""
        ...

    def calendar(self) -> Calendar:
        """What is planned from now on, and what is left of every promise."""
        ...

    def proof(self) -> Proof:
        """What verify says."""
        ...

    def advance(self, change: str, verb: str, note: str = "") -> str:
        """Take a request one step on (submit, assess, refer, withdraw, decide...); says what happened."""
        ...

    def vote(self, change: str, value: str, reason: str, conditions: Sequence[str]) -> str:
        """Sign and cast a vote; says what happened."""
        ...

    def comment(self, change: str, text: str) -> str:
        """Add a comment; votes stay as they are."""
        ...

    def close_change(self, change: str, ending: Ending) -> str:
        """Close a request that is checked in; says what happened."""
        ...

    def draft(self, draft: Draft) -> str:
        """Write a new change request; gives its id."""
        ...

    def form(self, change: str) -> Form:
        """The form of a request as it stands."""
        ...

    def redraft(self, change: str, draft: Draft, seen: str = "") -> str:
        """Replace the content of a request by a form; it is a draft again. Gives its id.

        `seen` is that of the form: Refused when the request has moved since.
        """
        ...

    def check_out(self, change: str) -> str:
        """Check a request out; says where to."""
        ...

    def check_in_plan(self, change: str) -> CheckInPlan:
        """What a check-in would write and what stands against it; changes nothing."""
        ...

    def judge_open(self, change: str, typed: Typed) -> Verdict:
        """What the rules say of what is typed for the open fields, by line; changes nothing."""
        ...

    def fill_open(self, change: str, typed: Typed, seen: Typed) -> CheckInPlan:
        """Write what is typed into the working directory; gives the plan as it is then.

        `seen` is what stood in the lines that are typed in: Refused when a file moved since.
        """
        ...

    def check_in(self, change: str, seen: str = "") -> str:
        """Check in; gives the new baseline. `seen` is that of the plan: Refused when it moved since."""
        ...

    def close(self) -> None:
        """Let go of database and vault."""
        ...
