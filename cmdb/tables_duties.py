"""The rows of reviews, trainings, the work log and milestones."""

from sqlmodel import Field, SQLModel

from cmdb import (
    codec,
    tables,  # noqa: F401 - the rows below refer to its people
)
from cmdb.duties import Milestone, Review, Training, WorkEntry


class ReviewRow(SQLModel, table=True):
    """A review, planned or held."""

    __tablename__ = "review"

    id: str = Field(primary_key=True)
    kind: str
    title: str
    planned: str
    holder: str = Field(foreign_key="person.id")
    every: str
    occasion: str
    about: str = Field(index=True)
    participants: str
    groups: str
    material: str
    approver: str
    approved_at: str | None = None
    state: str = Field(index=True)
    held_at: str | None = None
    issues: str
    risks: str
    decisions: str
    summary: str
    recipients: str
    follows: str


class TrainingRow(SQLModel, table=True):
    """That a person was trained."""

    __tablename__ = "training"

    id: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id", index=True)
    subject: str = Field(index=True)
    day: str
    evidence: str
    kind: str
    until: str
    withdrawn: str


class WorkRow(SQLModel, table=True):
    """Work somebody did."""

    __tablename__ = "work_entry"

    id: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id")
    record: str = Field(index=True)
    day: str = Field(index=True)
    spent: int
    cost: str
    note: str
    withdrawn: str


class MilestoneRow(SQLModel, table=True):
    """A milestone of a plan."""

    __tablename__ = "milestone"

    id: str = Field(primary_key=True)
    document: str = Field(index=True)
    name: str
    owner: str = Field(foreign_key="person.id")
    planned: str
    first_planned: str
    effort: int
    funds: str
    completed: str
    evidence: str
    dropped: str


codec.register(Review, ReviewRow, noun="review", remedy="List them with 'cmdb review list'.")
codec.register(Training, TrainingRow, noun="training", remedy="List them with 'cmdb training list'.")
codec.register(WorkEntry, WorkRow, noun="entry of work", remedy="List them with 'cmdb work list'.")
codec.register(Milestone, MilestoneRow, noun="milestone", remedy="List them with 'cmdb milestone list'.")
