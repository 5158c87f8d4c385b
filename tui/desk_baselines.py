"""Baselines of a real site for the app: listing them, who authorised each, what differs between two.

Source: `tui.sources.Source`.
"""

import json
from collections.abc import Sequence
from typing import Any

from baselines import scoped, tables
from baselines.compare import words
from baselines.library import Library
from baselines.model import Baseline, ScopedBaseline
from ccb.authority import authorised_by
from cmdb.store import UnitOfWork
from tui.views import BaselineLine, Comparison, FieldChange


def listed(uow: UnitOfWork) -> Sequence[BaselineLine]:
    """Every baseline of the site, newest first."""
    return [_line(one) for one in reversed(uow.all(Baseline))]


def of_scopes(uow: UnitOfWork) -> Sequence[BaselineLine]:
    """Every baseline of a scope, newest first."""
    return [_line(one) for one in tables.scoped_baselines(uow)]


def compared(library: Library, older: str, newer: str) -> Comparison:
    """What differs between two baselines, of the site or of scopes, and who authorised both.

    Raises NotFound. Talks to the vault.
    """
    with library.store.read() as uow:
        first, second = scoped.side(uow, older), scoped.side(uow, newer)
        sides = tuple(
            _line(one.baseline)._replace(authorised=authorised_by(uow, one.baseline.request))
            for one in (first, second)
        )
    found = scoped.between(library, first, second)
    return Comparison(
        older=older,
        newer=newer,
        sides=sides,
        added=tuple(f"{one.kind} {one.id}  {one.request}" for one in found.added),
        removed=tuple(f"{one.kind} {one.id}  {one.request}" for one in found.removed),
        changed=tuple(
            FieldChange(
                record=f"{one.kind} {one.id}",
                operation=one.request,
                field=words(one.field),
                old=_said(one.old),
                new=_said(one.new),
            )
            for one in found.changed
        ),
        connected=tuple(f"{one.source} {one.kind} {one.target}  {one.request}" for one in found.connected),
        disconnected=tuple(
            f"{one.source} {one.kind} {one.target}  {one.request}" for one in found.disconnected
        ),
    )


def _line(one: Baseline | ScopedBaseline) -> BaselineLine:
    scope = (one.scope, one.count) if isinstance(one, ScopedBaseline) else ("", 0)
    return BaselineLine(
        id=one.id,
        at=one.established_at,
        actor=one.established_by,
        request=one.request,
        commit=one.commit,
        title=one.title,
        scope=scope[0],
        records=scope[1],
    )


def _said(content: Any) -> str:
    if content is None:
        return ""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
