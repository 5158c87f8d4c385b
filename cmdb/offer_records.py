"""The canonical record of a standard service, and the way back. Format `standard service/1`.

Source: rules.md 7, Canonical record.
"""

from collections.abc import Mapping
from decimal import InvalidOperation
from typing import Any

from cmdb.agreement_records import commitments, plain
from cmdb.errors import Corrupt, Invalid
from cmdb.offers import StandardService

FORMAT = "standard service/1"


def record_of(service: StandardService) -> dict[str, Any]:
    """The fields of the canonical record."""
    fields: dict[str, Any] = plain(service)
    return fields


def from_record(fields: Mapping[str, Any]) -> StandardService:
    """Read the fields of a record. Raises Corrupt for a record that holds no valid standard service."""
    try:
        return StandardService(**{**fields, "levels": commitments(fields.get("levels", ()))})
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, Invalid) as broken:
        raise Corrupt(
            f"The record of a standard service is not readable: {broken}.",
            "Run 'cmdb verify' and keep this copy untouched.",
            broken.problems if isinstance(broken, Invalid) else (),
        ) from broken
