"""A service agreement written as the file `cmdb.exchange.agreement_file` reads: to be edited and given back.

What the life cycle alone writes (signature, versions, control level) is left out. Pure.
Source: rules.md 4; 11.
"""

from typing import Any

import yaml

from cmdb import agreement_records
from cmdb.agreement_terms import FILED, LIFE
from cmdb.promises import ServiceAgreement

_FIRST = ("id", "title", "kind", "structure", "customer", "provider", "manager", "start", "end", "zone")


def written(agreement: ServiceAgreement) -> str:
    """The agreement as YAML; reading it gives the same agreement, as a draft without its life."""
    record = agreement_records.record_of(agreement)
    fields: dict[str, Any] = {name: record[name] for name in _FIRST if name in record}
    rest = [name for name in record if name not in {*_FIRST, *FILED, *LIFE, "level"}]
    fields |= {name: record[name] for name in (*rest, *(name for name in FILED if name in record))}
    if "notice" in fields:
        fields["notice"] = f"{fields['notice']}s"
    for window in fields.get("windows", ()):
        window |= {"length": f"{window['length']}s"}
    for one in fields.get("commitments", ()):
        for rule in one.get("hours", {}).get("rules", ()):
            rule |= {"length": f"{rule['length']}s"}
        if one.get("hours", {}) == {"holidays": "excluded"}:
            one["hours"] = "24x7"
    return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=100)
