"""How a value becomes the columns of a row, and back.

A field and its column have the same name unless `columns` says otherwise. Text, whole numbers and
true/false are stored as they are; instants as RFC 3339 text, decimals as text, everything else as
JSON text. Empty text becomes NULL where the column allows it, so that a reference can be empty.
"""

import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Generic, TypeVar

import sqlalchemy
from pydantic import TypeAdapter, ValidationError
from sqlmodel import SQLModel

from cmdb.canonical import instant, rfc3339
from cmdb.errors import Corrupt, Invalid

V = TypeVar("V")

_PLAIN = (str, int, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[V]):
    """Where values of one class are kept, and what a person calls them."""

    value: type[V]
    row: type[SQLModel]
    key: tuple[str, ...]
    noun: str
    remedy: str
    columns: Mapping[str, str]
    kinds: Mapping[str, Any]
    adapters: Mapping[str, TypeAdapter[Any]]
    nullable: frozenset[str]
    selection: str
    order: str
    readers: tuple[tuple[str, type, Callable[[Any], Any]], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Say once how each column is read."""
        readers = (_reader(name, kind, self.adapters.get(name)) for name, kind in self.kinds.items())
        object.__setattr__(self, "readers", tuple(readers))

    @property
    def name(self) -> str:
        """The table's name, as SQL writes it."""
        return f'"{sqlalchemy.inspect(self.row).local_table.name}"'

    def column(self, name: str) -> str:
        """The column of a field."""
        return self.columns.get(name, name)

    def stored(self, name: str, content: Any) -> Any:
        """What the column of field `name` holds for this content."""
        if content is None:
            return None
        if name in self.adapters:
            plain = self.adapters[name].dump_python(content, mode="json")
            return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if isinstance(content, datetime):
            return rfc3339(content)
        if isinstance(content, Decimal):
            return str(content)
        return None if content == "" and name in self.nullable else content

    def matching(self, equals: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """An SQL condition, with `?` for its parameters, for rows whose fields equal those named."""
        held = [(f'"{self.column(name)}"', self.stored(name, wanted)) for name, wanted in equals.items()]
        clause = " AND ".join(f"{one} IS NULL" if wanted is None else f"{one} = ?" for one, wanted in held)
        return clause, tuple(wanted for _one, wanted in held if wanted is not None)

    def columns_of(self, value: V) -> dict[str, Any]:
        """All columns of a value."""
        return {self.column(name): self.stored(name, getattr(value, name)) for name in self.kinds}

    def value_of(self, row: SQLModel | Mapping[str, Any]) -> V:
        """The value a row, or a mapping of its columns, holds. Raises Corrupt when it is no valid value."""
        held = row.__getitem__ if isinstance(row, Mapping) else partial(getattr, row)
        try:
            return self.read([held(self.column(name)) for name in self.kinds])
        except KeyError as broken:
            raise self._unreadable(broken) from broken

    def read(self, row: Iterable[Any]) -> V:
        """The value of one row of `selection`. Raises Corrupt when it is no valid value."""
        # What is stored as it is comes without a call: a long report reads some millions of columns.
        try:
            return self.value(
                **{
                    name: stored if stored.__class__ is plain else reader(stored)
                    for (name, plain, reader), stored in zip(self.readers, row, strict=True)
                }
            )
        except (ValidationError, ValueError, ArithmeticError, KeyError, Invalid) as broken:
            raise self._unreadable(broken) from broken

    def _unreadable(self, broken: Exception) -> Corrupt:
        return Corrupt(
            f"A stored {self.noun} cannot be read: {broken}.",
            "Run 'cmdb verify', and restore a backup or run 'cmdb rebuild'.",
        )


_tables: dict[type[Any], Table[Any]] = {}


def register(
    value: type[V],
    row: type[SQLModel],
    *,
    key: tuple[str, ...] = ("id",),
    noun: str,
    remedy: str,
    columns: Mapping[str, str] | None = None,
) -> None:
    """Say in which table values of a class are kept. Called once, by the module that has the row."""
    hints = typing.get_type_hints(value)
    kinds = {one.name: _bare(hints[one.name]) for one in fields(value)}  # type: ignore[arg-type]
    adapters = {
        name: TypeAdapter(hints[name])
        for name, kind in kinds.items()
        if kind not in (*_PLAIN, datetime, Decimal)
    }
    named = dict(columns or {})
    inspected = sqlalchemy.inspect(row).columns
    names = {name: f'"{named.get(name, name)}"' for name in kinds}
    _tables[value] = Table(
        value=value,
        row=row,
        key=key,
        noun=noun,
        remedy=remedy,
        columns=named,
        kinds=kinds,
        adapters=adapters,
        nullable=frozenset(name for name in kinds if inspected[named.get(name, name)].nullable),
        selection=f'SELECT {", ".join(names.values())} FROM "{sqlalchemy.inspect(row).local_table.name}"',
        order=", ".join(names[name] for name in key),
    )


def table_of(value: type[V]) -> Table[V]:
    """The table in which values of this class are kept."""
    return _tables[value]


def registered() -> tuple[Table[Any], ...]:
    """Every table known so far, for the tests that compare values with rows."""
    return tuple(_tables.values())


def _reader(name: str, kind: Any, adapter: TypeAdapter[Any] | None) -> tuple[str, type, Callable[[Any], Any]]:
    """Which stored class is the content as it is, and how anything else is read."""
    if kind is str:
        return name, str, lambda stored: "" if stored is None else stored
    others: dict[Any, Callable[[Any], Any]] = {datetime: instant, Decimal: Decimal, bool: bool}
    read = adapter.validate_json if adapter is not None else others.get(kind, lambda stored: stored)
    plain = kind if kind in _PLAIN else types.NoneType
    return name, plain, lambda stored: None if stored is None else read(stored)


def _bare(hint: Any) -> Any:
    """`X | None` is stored like X."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        rest = [one for one in typing.get_args(hint) if one is not types.NoneType]
        if len(rest) == 1:
            return rest[0]
    return hint
