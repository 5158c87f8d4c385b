"""The canonical record of a document, and the way back. Format `document/1`.

Attachments stand under their names with SHA-256 and size; their bytes lie beside the record.
Source: rules.md 7, Canonical record.
"""

from collections.abc import Mapping
from typing import Any

from cmdb.errors import Corrupt, Invalid
from cmdb.written import Attachment, Document

FORMAT = "document/1"
_PLAIN = ("id", "kind", "title", "owner", "scope", "version", "review", "body", "status", "level")


def record_of(document: Document) -> dict[str, Any]:
    """The fields of the canonical record; services and readers are sets and stand sorted."""
    return {
        **{name: getattr(document, name) for name in _PLAIN},
        "services": sorted(document.services),
        "distribution": sorted(document.distribution),
        "covers": dict(document.covers),
        "attachments": {one.name: one.content for one in document.attachments},
    }


def from_record(fields: Mapping[str, Any]) -> Document:
    """Read the fields of a record. Raises Invalid naming what is wrong, Corrupt where it is no record."""
    try:
        content = dict(fields)
        covers = content.get("covers") or {}
        files = content.get("attachments") or {}
        content["covers"] = {str(point): str(where) for point, where in covers.items()}
        content["attachments"] = tuple(
            Attachment(name=name, sha256=files[name]["sha256"], size=files[name]["size"])
            for name in sorted(files)
        )
        for name in ("services", "distribution"):
            listed = content.get(name) or ()
            if not isinstance(listed, list | tuple):
                raise Invalid("The document is not valid.", "Correct it.", [f"Its {name} is no list."])
            content[name] = tuple(sorted(str(one) for one in listed))
        return Document(**content)
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise Corrupt(
            f"The record of a document is not readable: {broken}.",
            "Run 'cmdb verify' and keep this copy untouched.",
        ) from broken


def attached(fields: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """The attachments a record names: by name, what it says of the bytes."""
    found: dict[str, Mapping[str, Any]] = dict((fields or {}).get("attachments") or {})
    return found
