"""How a change file begins a change to a whole scope, and what it may say of it. Standard library only."""

from collections.abc import Mapping
from typing import Any

DOCUMENTS, SUBTYPES = "documents", "subtypes"
_ALSO = {"service": DOCUMENTS, "customer": DOCUMENTS, "type": SUBTYPES}
RELEASED = ("product", "version", "baseline", "commit", "level", "set")  # as cmdb release new writes them
HEADS = {
    "release": "release",  # in front: it names its baseline
    "control": "bring under control",
    "promote": "change level",
    "demote": "change level",
    "baseline": "establish baseline",
}
BEGUN: dict[str, dict[str, str]] = {  # what is meant unless the file says otherwise
    "control": {"level": "baselined"},
    "promote": {"level": "baselined"},
    "demote": {"level": "controlled", "from": "baselined"},
}
KEYS = {
    "control": ("level", "criterion"),
    "promote": ("level", "criterion", "items", "left out"),
    "demote": ("items", "left out"),
    "baseline": ("items", "left out"),
    "release": (*RELEASED, "items", "left out"),
}


def also(scope: str, operation: str, exact: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a scope takes beside what it names, as a request written now says it: `{"also": ["documents"]}`.

    The documents in force about its services, or the types below its type. Going down nothing is said of
    documents: what refers to a record goes along. A release has rules of its own.
    """
    found = _ALSO.get(scope.partition(":")[0])
    if found == DOCUMENTS and ("from" in exact or operation == "release"):
        return {}
    return {"also": [found]} if found else {}
