"""The rows of rules about notices, of the mail that carries them, and of how people want it."""

from sqlalchemy import Column, ForeignKey, Index, Integer
from sqlmodel import Field, SQLModel

from cmdb import (
    codec,
    tables_work,  # noqa: F401 - the rows below refer to its notices
)
from cmdb.telling import Mail, MailWay, NoticeRule


class NoticeRuleRow(SQLModel, table=True):
    """Who is told of a kind of notice after so many days, where the site says it."""

    __tablename__ = "notice_rule"

    kind: str = Field(primary_key=True)
    after: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    recipients: str


class MailRow(SQLModel, table=True):
    """What becomes of a notice as mail."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_by_state", "state", "again"),)

    notice: int = Field(
        sa_column=Column(Integer, ForeignKey("notice.sequence"), primary_key=True, autoincrement=False)
    )
    state: str
    tries: int
    again: str | None = None
    claim: str
    message_id: str
    reply: str
    changed_at: str


class MailWayRow(SQLModel, table=True):
    """How a person wants mail."""

    __tablename__ = "mail_way"

    person: str = Field(primary_key=True, foreign_key="person.id")
    way: str


codec.register(
    NoticeRule,
    NoticeRuleRow,
    key=("kind", "after"),
    noun="rule about notices",
    remedy="List them with 'cmdb notice rules'.",
)
codec.register(Mail, MailRow, key=("notice",), noun="mail", remedy="See 'cmdb inbox --undelivered'.")
codec.register(
    MailWay, MailWayRow, key=("person",), noun="way of mail", remedy="Set it with 'cmdb notice mail'."
)
