"""The read path of promises loads no mapper, no calendar and no parser."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "dateutil", "holidays", "yaml", "networkx")


def loaded(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(' '.join(sys.modules))"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["cmdb.reading_promises", "cmdb.forecast", "cmdb.availability", "cmdb.bound"]
)
def test_counting_and_forecasting_around_the_clock_load_nothing_heavy(module: str) -> None:
    found = loaded(module)
    assert module in found
    assert not found & set(HEAVY)


def test_whether_anything_was_promised_is_asked_without_loading_promises() -> None:
    assert not {one for one in loaded("cmdb.bound") if one.startswith("cmdb.")} - {"cmdb.bound"}
