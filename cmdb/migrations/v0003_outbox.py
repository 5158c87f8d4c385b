"""Version 3: kinds of notices, rules about who is told of them, and the mail that carries them."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import long_text, text, whole


def upgrade() -> None:
    """Lay out rules and mail. What was told before is in the inboxes, and no mail is sent of it now."""
    op.add_column("notice", long_text("kind", default=""))
    op.create_table(
        "notice_rule",
        text("kind"),
        whole("after", counted=False),
        text("recipients"),
        sa.PrimaryKeyConstraint("kind", "after"),
    )
    op.create_table(
        "outbox",
        whole("notice", counted=False),
        text("state"),
        whole("tries"),
        text("again", null=True),
        text("claim"),
        text("message_id"),
        text("reply"),
        text("changed_at"),
        sa.ForeignKeyConstraint(["notice"], ["notice.sequence"]),
        sa.PrimaryKeyConstraint("notice"),
    )
    op.create_index("outbox_by_state", "outbox", ["state", "again"])
    op.create_table(
        "mail_way",
        text("person"),
        text("way"),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("person"),
    )
    op.execute(
        "INSERT INTO outbox (notice, state, tries, claim, message_id, reply, changed_at)"
        " SELECT sequence, 'not mailed', 0, '', '', 'It was told before there was mail.', at FROM notice"
    )
