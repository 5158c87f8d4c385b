"""Version 1: the tables of `cmdb.tables`, frozen."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, long_text, small, text, whole


def upgrade() -> None:
    """Lay out these tables."""
    _part_1()
    _part_2()
    _part_3()
    _part_4()
    _part_5()
    _part_6()


def _part_1() -> None:
    op.create_table(
        "dangling",
        text("source"),
        text("target"),
        text("kind"),
        text("strength"),
        text("group"),
        text("need"),
        text("file"),
        text("found_at"),
        sa.PrimaryKeyConstraint("source", "target", "kind"),
    )
    op.create_table(
        "dependency_kind",
        whole("key"),
        text("id"),
        flag("impact"),
        text("level"),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "item_type",
        text("id"),
        text("name"),
        text("parent", null=True),
        text("json_schema"),
        text("recommended"),
        text("unique"),
        text("kinds"),
        text("serves"),
        flag("service"),
        text("level"),
        sa.ForeignKeyConstraint(["parent"], ["item_type.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "journal",
        whole("sequence", counted=False),
        text("at"),
        text("actor"),
        text("action"),
        text("subjects"),
        text("changed"),
        text("request"),
        text("previous"),
        text("hash"),
        sa.PrimaryKeyConstraint("sequence"),
    )


def _part_2() -> None:
    op.create_table(
        "number",
        text("series"),
        whole("last"),
        sa.PrimaryKeyConstraint("series"),
    )
    op.create_table(
        "party",
        text("id"),
        text("name"),
        text("kind"),
        text("contacts"),
        text("level"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "person",
        text("id"),
        text("name"),
        text("email"),
        text("login"),
        flag("active"),
        text("keys"),
        text("level"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "active"),
    )
    op.create_index("ix_person_login", "person", ["login"])
    op.create_table(
        "role_action",
        text("action"),
        text("roles"),
        sa.PrimaryKeyConstraint("action"),
    )
    op.create_table(
        "site",
        text("id"),
        text("name"),
        whole("schema_version"),
        text("root", null=True),
        text("baseline", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "spent_id",
        text("id"),
        sa.PrimaryKeyConstraint("id"),
    )


def _part_3() -> None:
    op.create_table(
        "journal_subject",
        text("subject"),
        whole("sequence", counted=False),
        sa.ForeignKeyConstraint(["sequence"], ["journal.sequence"]),
        sa.PrimaryKeyConstraint("subject", "sequence"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "people_group",
        text("id"),
        text("name"),
        text("lead", null=True),
        text("members"),
        text("email"),
        text("level"),
        sa.ForeignKeyConstraint(["lead"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "role_grant",
        text("id"),
        text("person"),
        text("role"),
        text("service"),
        text("start"),
        text("end", null=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_role_grant_person", "role_grant", ["person"])


def _part_4() -> None:
    op.create_table(
        "item",
        whole("key", counted=False),
        text("id"),
        text("type"),
        text("name"),
        text("owner"),
        flag("owner_active", default=sa.true()),
        text("grp", null=True),
        text("status"),
        text("level"),
        text("custody"),
        text("party", null=True),
        text("criterion"),
        text("points"),
        text("characteristics"),
        flag("serves"),
        flag("service", default=sa.false()),
        long_text("operating", default="up"),
        text("confirmed_at", null=True),
        text("confirmed_by", null=True),
        whole("revision", default="1"),
        sa.CheckConstraint("owner_active", name="item_owner_is_active"),
        sa.ForeignKeyConstraint(["grp"], ["people_group.id"]),
        sa.ForeignKeyConstraint(["owner", "owner_active"], ["person.id", "person.active"]),
        sa.ForeignKeyConstraint(["party"], ["party.id"]),
        sa.ForeignKeyConstraint(["type"], ["item_type.id"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("item_by_level", "item", ["level", "id"])
    op.create_index("item_by_owner", "item", ["owner", "id"])
    op.create_index("item_by_status", "item", ["status", "id"])
    op.create_index("item_by_type", "item", ["type", "id"])
    op.create_index("ix_item_grp", "item", ["grp"])


def _part_5() -> None:
    op.create_table(
        "redundancy_group",
        whole("key", counted=False),
        whole("source"),
        text("name"),
        text("need"),
        flag("hard"),
        whole("members", default="0"),
        whole("slack", default="0"),
        sa.ForeignKeyConstraint(["source"], ["item.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("source", "name"),
    )


def _part_6() -> None:
    op.create_table(
        "dependency",
        whole("source", counted=False),
        whole("target", counted=False),
        whole("kind", counted=False),
        flag("hard"),
        whole("grp", null=True),
        whole("slack", null=True),
        small("passes"),
        text("confirmed_at", null=True),
        text("confirmed_by", null=True),
        sa.ForeignKeyConstraint(["grp"], ["redundancy_group.key"]),
        sa.ForeignKeyConstraint(["kind"], ["dependency_kind.key"]),
        sa.ForeignKeyConstraint(["source"], ["item.key"]),
        sa.ForeignKeyConstraint(["target"], ["item.key"]),
        sa.PrimaryKeyConstraint("source", "target", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "dependency_reverse", "dependency", ["target", "source", "kind", "passes", "grp", "slack"]
    )
