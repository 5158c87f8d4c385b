"""The few kinds of column the tables are made of, as every version writes them."""

from typing import Any

import sqlalchemy as sa


def text(name: str, *, null: bool = False) -> sa.Column[str]:
    """A column of text without a limit: the values say how long it may be."""
    return sa.Column(name, sa.String(), nullable=null)


def long_text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[str]:
    """A column of text that has a default."""
    return sa.Column(name, sa.Text(), nullable=null, server_default=default)


def whole(
    name: str, *, null: bool = False, default: str | None = None, counted: bool = True
) -> sa.Column[int]:
    """A column of whole numbers; a sole key counts by itself unless told not to."""
    counting: Any = "auto" if counted else False
    return sa.Column(name, sa.Integer(), nullable=null, server_default=default, autoincrement=counting)


def small(name: str, *, null: bool = False) -> sa.Column[int]:
    """A column of small whole numbers."""
    return sa.Column(name, sa.SmallInteger(), nullable=null)


def flag(name: str, *, null: bool = False, default: Any = None) -> sa.Column[bool]:
    """A column of true or false."""
    return sa.Column(name, sa.Boolean(), nullable=null, server_default=default)
