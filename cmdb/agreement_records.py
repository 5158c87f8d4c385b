"""The canonical record of a service agreement, and the way back. Format `agreement/1`.

Standard library only, so that the read path can use it. Nothing here is lenient: a record that
does not read is Corrupt; what people write goes through `cmdb.exchange.agreement_file`.
Source: rules.md 7, Canonical record.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from cmdb import agreement_terms
from cmdb.canonical import instant, rfc3339
from cmdb.commitments import AVAILABILITY, Recurrence, ServiceCommitment, ServiceHours
from cmdb.errors import Corrupt, Invalid
from cmdb.model import Contact, check
from cmdb.promises import ServiceAgreement

FORMAT = "agreement/1"


def record_of(agreement: ServiceAgreement) -> dict[str, Any]:
    """The fields of the canonical record; services are a set and stand sorted.

    Its other elements stand beside them, each under its own name: a request changes one without the rest.
    """
    fields: dict[str, Any] = plain(agreement)
    fields["services"] = sorted(agreement.services)
    terms = fields.pop("terms", {})
    return {**fields, **terms}


def from_record(fields: Mapping[str, Any]) -> ServiceAgreement:
    """Read the fields of a record. Raises Corrupt for a record that holds no valid agreement."""
    try:
        content = dict(fields)
        content["start"] = instant(content["start"])
        content["end"] = instant(content["end"]) if content.get("end") else None
        content["services"] = tuple(content.get("services", ()))
        content["windows"] = recurrences(content.get("windows", ()))
        content["commitments"] = commitments(content.get("commitments", ()))
        content["contacts"] = tuple(Contact(**one) for one in content.get("contacts", ()))
        terms = {name: content.pop(name) for name in sorted(agreement_terms.NAMES & content.keys())}
        made = ServiceAgreement(**content, terms=terms)
        check("It", agreement_terms.problems(terms, made.services))
        return made
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, Invalid) as broken:
        raise Corrupt(
            f"The record of an agreement is not readable: {broken}.",
            "Run 'cmdb verify' and keep this copy untouched.",
            broken.problems if isinstance(broken, Invalid) else (),
        ) from broken


def recurrences(content: Any) -> tuple[Recurrence, ...]:
    """Read recurrences out of the plain form."""
    return tuple(Recurrence(**one) for one in content)


def commitments(content: Any) -> tuple[ServiceCommitment, ...]:
    """Read commitments out of the plain form."""
    return tuple(
        ServiceCommitment(
            **{
                **_unit(one),
                **one,
                "target": Decimal(one["target"]),
                "hours": _hours(one.get("hours") or {}),
            }
        )
        for one in content
    )


def _unit(one: Mapping[str, Any]) -> dict[str, str]:
    """What is observed may have no unit, which a record leaves out; an availability has always `%`."""
    return {} if one.get("attribute", AVAILABILITY) == AVAILABILITY else {"unit": ""}


def _hours(content: Mapping[str, Any]) -> ServiceHours:
    return ServiceHours(**{**content, "rules": recurrences(content.get("rules", ()))})


def plain(value: Any) -> Any:
    """A value as a record has it: text, whole numbers, lists and mappings; what is empty is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return {name: content for name, content in fields.items() if content not in (None, "", [], {})}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, datetime):
        return rfc3339(value)
    return format(value, "f") if isinstance(value, Decimal) else value
