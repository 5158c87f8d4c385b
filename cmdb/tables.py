"""The rows of people, groups, parties, types, items, dependencies and the journal.

The schema, its keys, constraints and indexes; and the few queries that need more than the unit of
work offers. Rows never leave this module. Ids are the public ones everywhere; only items, kinds
and redundancy groups have an inner whole-number key, which keeps the dependency tables small.
Source: speed.md, Algorithms and layouts.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
    true,
)
from sqlmodel import Field, SQLModel

from cmdb import codec
from cmdb.model import DependencyKind, Entry, Group, ItemType, Party, Person, RoleGrant


class SiteRow(SQLModel, table=True):
    """Whose database this is, how it is laid out, its founding commit and newest baseline. One row."""

    __tablename__ = "site"

    id: str = Field(primary_key=True)
    name: str
    schema_version: int
    root: str | None = None
    baseline: str | None = None


class PersonRow(SQLModel, table=True):
    """A person. (id, active) is a key so that items can insist on an active owner."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("id", "active"),)

    id: str = Field(primary_key=True)
    name: str
    email: str
    login: str = Field(index=True)
    active: bool
    keys: str
    level: str


class GroupRow(SQLModel, table=True):
    """A group of people with a lead."""

    __tablename__ = "people_group"

    id: str = Field(primary_key=True)
    name: str
    lead: str | None = Field(foreign_key="person.id")
    members: str
    email: str
    level: str


class PartyRow(SQLModel, table=True):
    """A customer, end users, a supplier or an internal group."""

    __tablename__ = "party"

    id: str = Field(primary_key=True)
    name: str
    kind: str
    contacts: str
    level: str


class RoleGrantRow(SQLModel, table=True):
    """A role somebody holds for a service and a period."""

    __tablename__ = "role_grant"

    id: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id", index=True)
    role: str
    service: str
    start: str
    end: str | None = None


class RoleActionRow(SQLModel, table=True):
    """Which roles may do an action, where the site says otherwise than the program does."""

    __tablename__ = "role_action"

    action: str = Field(primary_key=True)
    roles: str


class ItemTypeRow(SQLModel, table=True):
    """A type of configuration item."""

    __tablename__ = "item_type"

    id: str = Field(primary_key=True)
    name: str
    parent: str | None = Field(foreign_key="item_type.id")
    # `schema` would hide an attribute of SQLModel.
    json_schema: str
    recommended: str
    unique: str
    kinds: str
    serves: str
    service: bool
    level: str


class DependencyKindRow(SQLModel, table=True):
    """How one item needs another, in words."""

    __tablename__ = "dependency_kind"

    key: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    impact: bool
    level: str


class ItemRow(SQLModel, table=True):
    """A configuration item with its accounting data.

    `serves` and `service` are derived from the type. The pair (owner, owner_active) refers to an
    active person: the database itself refuses an item without one, and a person who owns items
    cannot be made inactive.
    """

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("owner_active", name="item_owner_is_active"),
        ForeignKeyConstraint(["owner", "owner_active"], ["person.id", "person.active"]),
        Index("item_by_owner", "owner", "id"),
        Index("item_by_type", "type", "id"),
        Index("item_by_status", "status", "id"),
        Index("item_by_level", "level", "id"),
    )

    key: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    id: str = Field(unique=True)
    type: str = Field(foreign_key="item_type.id")
    name: str
    owner: str
    owner_active: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=true()))
    grp: str | None = Field(foreign_key="people_group.id", index=True)
    status: str
    level: str
    custody: str
    party: str | None = Field(foreign_key="party.id")
    criterion: str
    points: str
    characteristics: str
    serves: bool
    service: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=false()))
    operating: str = Field(sa_column=Column(Text, nullable=False, server_default="up"))
    confirmed_at: str | None = None
    confirmed_by: str | None = None
    revision: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))


class RedundancyGroupRow(SQLModel, table=True):
    """Members of which a source needs some; `members` and `slack` are derived."""

    __tablename__ = "redundancy_group"
    __table_args__ = (UniqueConstraint("source", "name"),)

    key: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    source: int = Field(foreign_key="item.key")
    name: str
    need: str
    hard: bool
    members: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    slack: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))


class DependencyRow(SQLModel, table=True):
    """One dependency. The reverse index alone answers the frontier search of impact."""

    __tablename__ = "dependency"
    __table_args__ = (
        Index("dependency_by_confirmation", "confirmed_at", "source", "target"),
        Index("dependency_reverse", "target", "source", "kind", "passes", "grp", "slack"),
        {"sqlite_with_rowid": False},
    )

    source: int = Field(
        sa_column=Column(Integer, ForeignKey("item.key"), primary_key=True, autoincrement=False)
    )
    target: int = Field(
        sa_column=Column(Integer, ForeignKey("item.key"), primary_key=True, autoincrement=False)
    )
    kind: int = Field(
        sa_column=Column(Integer, ForeignKey("dependency_kind.key"), primary_key=True, autoincrement=False)
    )
    hard: bool
    grp: int | None = Field(foreign_key="redundancy_group.key")
    slack: int | None = None
    passes: int = Field(sa_column=Column(SmallInteger, nullable=False))
    confirmed_at: str | None = None
    confirmed_by: str | None = None


class DanglingRow(SQLModel, table=True):
    """A dependency an import was told to keep although its target or source is not there yet."""

    __tablename__ = "dangling"

    source: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    strength: str
    group: str
    need: str
    file: str
    found_at: str


class EntryRow(SQLModel, table=True):
    """One journal entry. Rows are only ever added."""

    __tablename__ = "journal"

    sequence: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: str
    actor: str
    action: str
    subjects: str
    changed: str
    request: str
    previous: str
    hash: str


class JournalSubjectRow(SQLModel, table=True):
    """Which entries speak of a subject, so that a history is one index range."""

    __tablename__ = "journal_subject"
    __table_args__ = ({"sqlite_with_rowid": False},)

    subject: str = Field(primary_key=True)
    sequence: int = Field(
        sa_column=Column(Integer, ForeignKey("journal.sequence"), primary_key=True, autoincrement=False)
    )


class NumberRow(SQLModel, table=True):
    """The last number given out for each series of minted ids (`app`, `CR`, ...)."""

    __tablename__ = "number"

    series: str = Field(primary_key=True)
    last: int


class SpentIdRow(SQLModel, table=True):
    """Ids of item records that were removed: an id is never used twice."""

    __tablename__ = "spent_id"

    id: str = Field(primary_key=True)


codec.register(Person, PersonRow, noun="person", remedy="List them with 'cmdb person list'.")
codec.register(Group, GroupRow, noun="group", remedy="List them with 'cmdb group list'.")
codec.register(Party, PartyRow, noun="party", remedy="List them with 'cmdb party list'.")
codec.register(RoleGrant, RoleGrantRow, noun="role grant", remedy="List them with 'cmdb role list'.")
codec.register(
    ItemType,
    ItemTypeRow,
    noun="item type",
    remedy="List them with 'cmdb type list'.",
    columns={"schema": "json_schema"},
)
codec.register(
    DependencyKind, DependencyKindRow, noun="dependency kind", remedy="List them with 'cmdb type kinds'."
)
codec.register(
    Entry, EntryRow, key=("sequence",), noun="journal entry", remedy="See them with 'cmdb item history ID'."
)
