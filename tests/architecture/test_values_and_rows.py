"""Values and rows agree: every field has its column, every other column is known to be derived."""

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
import sqlmodel

from cmdb import codec
from cmdb.model import Item
from cmdb.tables import ItemRow
from tests.conftest import table_modules

for _name in table_modules():
    importlib.import_module(_name)

ROOT = Path(__file__).resolve().parents[2]

# Columns that hold no field: keys and what is derived from other rows. Value -> columns.
DERIVED = {
    "DependencyKind": {"key"},
    "ChangeRequest": {"number"},
    "Decision": {"sequence"},
    "Meeting": {"number"},
}
ITEM_ACCOUNTING = {
    *("key", "owner_active", "serves", "service"),
    *("operating", "confirmed_at", "confirmed_by", "revision"),
}

TABLES = {table.value.__name__: table for table in codec.registered()}


def test_whoever_lays_a_site_out_lays_out_every_table() -> None:
    """A process of its own: here the tables are known because a test imported them."""
    code = "import baselines.whole_layout, sqlmodel; print(*sqlmodel.SQLModel.metadata.tables)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == set(sqlmodel.SQLModel.metadata.tables)
    others = [
        str(path.relative_to(ROOT))
        for package in ("cmdb", "ccb", "baselines", "tui")
        for path in sorted((ROOT / package).rglob("*.py"))
        if "store.create(" in path.read_text("utf-8")
    ]
    assert others == ["baselines/whole_layout.py"]


def test_tables_are_registered() -> None:
    assert {"Person", "Group", "Party", "ItemType", "Entry"} <= set(TABLES)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_field_has_its_column_and_every_column_its_field(name: str) -> None:
    table = TABLES[name]
    columns = {column.key for column in sqlalchemy.inspect(table.row).columns}
    fields = {table.column(field.name) for field in dataclasses.fields(table.value)}
    assert columns - DERIVED.get(name, set()) == fields


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_key_of_a_table_is_unique_in_the_database(name: str) -> None:
    table = TABLES[name]
    key = {table.column(field) for field in table.key}
    laid_out = table.row.__table__
    unique = [set(laid_out.primary_key.columns.keys())]
    unique += [
        set(one.columns.keys())
        for one in laid_out.constraints
        if isinstance(one, sqlalchemy.UniqueConstraint)
    ]
    unique += [set(one.columns.keys()) for one in laid_out.indexes if one.unique]
    unique += [{column.key} for column in laid_out.columns if column.unique]
    assert key in unique


@pytest.mark.parametrize("name", sorted(TABLES))
def test_values_are_frozen_and_have_slots(name: str) -> None:
    value = TABLES[name].value
    assert value.__dataclass_params__.frozen
    assert "__slots__" in vars(value)


def test_an_item_has_its_columns_and_its_accounting_data_has_no_field() -> None:
    columns = {column.key for column in sqlalchemy.inspect(ItemRow).columns}
    fields = {"grp" if field.name == "group" else field.name for field in dataclasses.fields(Item)}
    assert columns == fields | ITEM_ACCOUNTING
