"""The rows of events, and which items each concerns."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cmdb import codec
from cmdb.reported import Event


class EventRow(SQLModel, table=True):
    """One incident or service request."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_of_state", "state", "reported"),
        Index("event_of_source", "source", "reference"),
    )

    id: str = Field(primary_key=True)
    kind: str
    potential: bool
    agreement: str
    description: str
    occurred: str
    reported: str = Field(index=True)
    reporter: str
    contact: str
    person: str
    party: str
    items: str
    circumstances: str
    down: str
    effect: str
    ended: str | None = None
    outages: str
    impact: str | None = None
    impact_note: str
    confirmed_by: str
    confirmed_at: str | None = None
    priority: str
    responsible: str = Field(index=True)
    respond_by: str | None = None
    respond_from: str
    resolve_by: str | None = None
    resolve_from: str
    state: str
    resolution: str
    caused_by: str = Field(index=True)
    fixed_by: str = Field(index=True)
    claims: str
    source: str
    reference: str
    on_time: str
    recorded_by: str
    recorded_at: str
    analysed_at: str | None = None
    started_at: str | None = None
    resolved_at: str | None = None
    closed_at: str | None = None


class EventItemRow(SQLModel, table=True):
    """That an event concerns an item: what `items` of the event lists, to be found from the item."""

    __tablename__ = "event_item"

    item: str = Field(primary_key=True)
    event: str = Field(primary_key=True, foreign_key="event.id", index=True)


codec.register(Event, EventRow, noun="event", remedy="List them with 'cmdb event list --all'.")
