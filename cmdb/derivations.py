"""What followed for services from outages of items, as it was worked out when they were recorded.

Apart from `cmdb.promises` because the read path makes plain outages of it and never needs these
values. Standard library only. Source: rules.md 4, Outages of a service.
"""

from dataclasses import dataclass
from datetime import datetime

from cmdb.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation(Value):
    """That what follows from some item outages running together was worked out, and on which estate.

    `together` is their ids, sorted, with a blank between. It is never worked out again, so a later
    edit of the estate rewrites no past report. `baseline` is empty before the first one.
    """

    together: str
    at: datetime
    baseline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedOutage(Value):
    """That a service was out or degraded while all the outages of a derivation ran.

    `because` leads from the service to an item that was down. Source: rules.md 3.
    """

    together: str
    service: str
    effect: str
    because: tuple[str, ...] = ()
