"""Version 1: the tables of `ccb.tables`, frozen."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text, whole


def upgrade() -> None:
    """Lay out these tables."""
    _part_1()
    _part_2()
    _part_3()
    _part_4()
    _part_5()


def _part_1() -> None:
    op.create_table(
        "board",
        text("id"),
        text("name"),
        text("chair"),
        text("members"),
        text("alternates"),
        text("scope"),
        text("level"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "evidence",
        text("digest"),
        text("form"),
        text("text"),
        sa.PrimaryKeyConstraint("digest", "form"),
    )


def _part_2() -> None:
    op.create_table(
        "change_request",
        text("id"),
        whole("number"),
        text("kind"),
        text("title"),
        text("reason"),
        text("originator"),
        text("implementer", null=True),
        text("reviewer", null=True),
        text("template"),
        text("answers"),
        text("changes"),
        text("window", null=True),
        text("down", null=True),
        text("backout"),
        text("test"),
        text("evidence"),
        text("groups"),
        text("state"),
        whole("round"),
        text("board"),
        text("policy"),
        text("assessment"),
        text("created_at"),
        text("changed_at"),
        text("submitted_at", null=True),
        text("referred_at", null=True),
        text("decided_at", null=True),
        text("closed_at", null=True),
        text("until", null=True),
        text("started", null=True),
        text("finished", null=True),
        whole("outage", null=True),
        text("outcome"),
        text("deviation"),
        text("test_result"),
        text("test_reviewer"),
        sa.ForeignKeyConstraint(["implementer"], ["person.id"]),
        sa.ForeignKeyConstraint(["originator"], ["person.id"]),
        sa.ForeignKeyConstraint(["reviewer"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("change_request_by_state", "change_request", ["state", "number"])
    op.create_index("ix_change_request_implementer", "change_request", ["implementer"])
    op.create_index("ix_change_request_originator", "change_request", ["originator"])


def _part_3() -> None:
    op.create_table(
        "policy",
        text("id"),
        text("name"),
        text("board"),
        text("decision"),
        text("control_level"),
        text("scope"),
        text("change_kind"),
        whole("quorum"),
        text("rule"),
        text("fraction", null=True),
        text("required_groups"),
        text("vetoes"),
        flag("four_eyes"),
        text("overridable"),
        whole("deadline"),
        text("decides"),
        text("level"),
        sa.ForeignKeyConstraint(["board"], ["board.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "change_comment",
        text("request"),
        whole("sequence"),
        text("person"),
        text("at"),
        text("text"),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.ForeignKeyConstraint(["request"], ["change_request.id"]),
        sa.PrimaryKeyConstraint("request", "sequence"),
    )


def _part_4() -> None:
    op.create_table(
        "decision",
        text("digest"),
        text("request"),
        whole("sequence"),
        text("board"),
        whole("round"),
        text("result"),
        text("by"),
        text("policy_id"),
        text("votes"),
        text("overrides"),
        text("content"),
        text("assessment"),
        text("policy"),
        text("rationale"),
        text("until", null=True),
        flag("alone"),
        flag("closed"),
        text("at"),
        text("key"),
        text("signature"),
        text("record"),
        sa.ForeignKeyConstraint(["by"], ["person.id"]),
        sa.ForeignKeyConstraint(["request"], ["change_request.id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("decision_by_request", "decision", ["request", "sequence"], unique=True)
    op.create_table(
        "override",
        text("digest"),
        text("request"),
        whole("round"),
        text("requirement"),
        text("by"),
        text("role"),
        text("why"),
        text("at"),
        text("key"),
        text("signature"),
        sa.ForeignKeyConstraint(["by"], ["person.id"]),
        sa.ForeignKeyConstraint(["request"], ["change_request.id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_override_request", "override", ["request"])


def _part_5() -> None:
    op.create_table(
        "proposed_record",
        text("record"),
        text("id"),
        text("request"),
        sa.ForeignKeyConstraint(["request"], ["change_request.id"]),
        sa.PrimaryKeyConstraint("record", "id", "request"),
    )
    op.create_index("ix_proposed_record_request", "proposed_record", ["request"])
    op.create_table(
        "vote",
        text("digest"),
        text("request"),
        text("board"),
        whole("round"),
        text("voter"),
        text("capacity"),
        text("seat"),
        text("value"),
        text("conditions"),
        text("reason"),
        text("content"),
        text("assessment"),
        text("policy"),
        text("at"),
        whole("sequence"),
        text("previous"),
        text("key"),
        text("signature"),
        sa.ForeignKeyConstraint(["request"], ["change_request.id"]),
        sa.ForeignKeyConstraint(["voter"], ["person.id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_vote_voter", "vote", ["voter"])
    op.create_index("vote_by_request", "vote", ["request", "sequence"], unique=True)
