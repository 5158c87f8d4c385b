"""The rows of the service catalogue and of the needs of customers. Rows never leave this module."""

from sqlmodel import Field, SQLModel

from cmdb import codec
from cmdb.offers import Need, StandardService


class StandardServiceRow(SQLModel, table=True):
    """A service of the catalogue with its standard levels."""

    __tablename__ = "standard_service"

    id: str = Field(primary_key=True)
    name: str
    text: str
    staff: str
    owner: str
    levels: str
    offered: bool
    level: str


class NeedRow(SQLModel, table=True):
    """What a customer needs, as it was from a day on."""

    __tablename__ = "customer_need"

    id: str = Field(primary_key=True)
    since: str = Field(primary_key=True)
    until: str
    customer: str = Field(index=True)
    topic: str
    service: str
    standard: str
    what: str
    quantity: str
    comparator: str
    target: str | None = None
    unit: str
    priority: str
    source: str
    commitments: str


codec.register(
    StandardService,
    StandardServiceRow,
    noun="standard service",
    remedy="List them with 'cmdb catalogue list'.",
)
codec.register(Need, NeedRow, key=("id", "since"), noun="need", remedy="List them with 'cmdb need list'.")
