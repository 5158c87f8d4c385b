"""The rows of action items, notices and holds."""

from sqlalchemy import Column, Index, Integer, Text
from sqlmodel import Field, SQLModel

from cmdb import (
    codec,
    tables,  # noqa: F401 - the rows below refer to its persons and items
)
from cmdb.work import ActionItem, Hold, Notice


class ActionItemRow(SQLModel, table=True):
    """Something somebody has to do."""

    __tablename__ = "action_item"

    id: str = Field(primary_key=True)
    origin: str = Field(index=True)
    what: str
    owner: str = Field(index=True)
    items: str
    plan: str
    due: str | None = None
    risk: str
    reviewer: str
    told: str
    blocks: str
    state: str = Field(index=True)
    initiated_at: str
    initiated_by: str
    closed_at: str | None = None
    evidence: str
    evaluation: str


class NoticeRow(SQLModel, table=True):
    """What a person is told."""

    __tablename__ = "notice"
    __table_args__ = (Index("notice_of_person", "person", "read_at", "sequence"),)

    sequence: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    person: str
    about: str
    text: str
    at: str
    read_at: str | None = None
    kind: str = Field(sa_column=Column(Text, nullable=False, server_default=""))


class HoldRow(SQLModel, table=True):
    """A hold on an item. The key allows one at a time."""

    __tablename__ = "hold"

    item: str = Field(primary_key=True, foreign_key="item.id")
    person: str = Field(foreign_key="person.id")
    reason: str
    placed_at: str
    until: str


codec.register(ActionItem, ActionItemRow, noun="action item", remedy="List them with 'cmdb action list'.")
codec.register(Notice, NoticeRow, key=("sequence",), noun="notice", remedy="See yours with 'cmdb inbox'.")
codec.register(Hold, HoldRow, key=("item",), noun="hold", remedy="See it with 'cmdb item show ITEM'.")
