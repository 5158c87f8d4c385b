"""The rows of agreements, outages, observations, claims, planned work and freezes.

Lists and commitments are JSON text, so that an agreement is one row and one read. Columns never
have the names `start` and `end`, which plain SQL would have to quote. Rows never leave this module.
"""

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from cmdb import codec
from cmdb.derivations import Derivation, DerivedOutage
from cmdb.observed import Observation
from cmdb.promises import (
    Claim,
    Freeze,
    Outage,
    PlannedWork,
    ServiceAgreement,
)

_SPAN = {"start": "starts", "end": "ends"}


class AgreementRow(SQLModel, table=True):
    """A service agreement with its commitments."""

    __tablename__ = "agreement"

    id: str = Field(primary_key=True)
    title: str
    kind: str
    structure: str
    customer: str
    provider: str
    starts: str
    ends: str | None = None
    zone: str
    services: str
    purpose: str
    scope: str
    notice: int
    windows: str
    commitments: str
    manager: str = Field(index=True)
    contacts: str
    state: str
    review: str
    level: str
    terms: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "{}"})


class OutageRow(SQLModel, table=True):
    """One recorded outage; corrected ones stay and are replaced by another row."""

    __tablename__ = "outage"
    __table_args__ = (Index("outage_of", "subject", "started"), Index("outage_replaces", "replaces"))

    id: str = Field(primary_key=True)
    subject: str
    started: str
    ended: str | None = None
    effect: str
    change: str
    planned_start: str | None = None
    planned_end: str | None = None
    source: str
    note: str
    replaces: str
    recorded_by: str
    recorded_at: str


class DerivationRow(SQLModel, table=True):
    """That what follows from a set of outages was worked out."""

    __tablename__ = "derivation"

    together: str = Field(primary_key=True)
    at: str
    baseline: str


class DerivedOutageRow(SQLModel, table=True):
    """One service that is out while a set of item outages runs."""

    __tablename__ = "derived_outage"

    service: str = Field(primary_key=True)
    together: str = Field(primary_key=True, foreign_key="derivation.together")
    effect: str
    because: str


class ObservationRow(SQLModel, table=True):
    """One value that was seen of a quantity; corrected ones stay and are replaced by another row."""

    __tablename__ = "observation"
    __table_args__ = (
        Index("observation_of", "service", "quantity", "at"),
        Index("observation_replaces", "replaces"),
    )

    id: str = Field(primary_key=True)
    service: str
    quantity: str
    at: str
    started: str | None = None
    value: str
    unit: str
    reference: str
    source: str
    note: str
    withdrawn: bool
    replaces: str
    recorded_by: str
    recorded_at: str


class ClaimRow(SQLModel, table=True):
    """A claim to be exempt for a while."""

    __tablename__ = "claim"

    id: str = Field(primary_key=True)
    agreement: str = Field(index=True)
    kind: str
    service: str
    named: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    starts: str
    ends: str
    evidence: str
    state: str
    decided_by: str


class PlannedWorkRow(SQLModel, table=True):
    """What a change request will take down, and when."""

    __tablename__ = "planned_work"

    reference: str = Field(primary_key=True)
    window_start: str
    window_end: str = Field(index=True)
    down: str
    expected: int
    worst: int
    down_from: str | None = None
    tentative: bool
    unplanned: bool


class FreezeRow(SQLModel, table=True):
    """A time in which nothing planned may be touched, or in which it has to be; once or recurring."""

    __tablename__ = "freeze"

    id: str = Field(primary_key=True)
    title: str
    starts: str
    until: str | None = Field(default=None, index=True)
    services: str
    reason: str
    kind: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "freeze"})
    rules: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "[]"})
    zone: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "UTC"})
    items: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "[]"})
    types: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "[]"})
    below: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "[]"})
    owner: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})


codec.register(
    ServiceAgreement,
    AgreementRow,
    noun="service agreement",
    remedy="List them with 'cmdb agreement list'.",
    columns=_SPAN,
)
codec.register(Outage, OutageRow, noun="outage", remedy="List them with 'cmdb outage list'.")
codec.register(
    Observation, ObservationRow, noun="observation", remedy="List them with 'cmdb observation list'."
)
codec.register(
    Derivation,
    DerivationRow,
    key=("together",),
    noun="derivation",
    remedy="List outages with 'cmdb outage list'.",
)
codec.register(
    DerivedOutage,
    DerivedOutageRow,
    key=("service", "together"),
    noun="derived outage",
    remedy="List outages with 'cmdb outage list'.",
)
codec.register(
    Claim,
    ClaimRow,
    noun="claim",
    remedy="List them with 'cmdb claim list'.",
    columns=_SPAN,
)
codec.register(
    PlannedWork,
    PlannedWorkRow,
    key=("reference",),
    noun="planned work",
    remedy="See it with 'cmdb change list'.",
)
codec.register(
    Freeze,
    FreezeRow,
    noun="freeze",
    remedy="List them with 'cmdb freeze list'.",
    columns={"start": "starts", "end": "until"},
)
