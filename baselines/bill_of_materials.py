"""The bill of materials of a release: CycloneDX 1.6, as JSON.

One component for every item (a service of the estate is a CycloneDX service), with the SHA-256 of its
record, and the dependencies among them. Written by hand: the document is a page of plain JSON, and a test
holds it against the official schema. Nothing here reads a clock or a file. Source: rules.md 7, Release;
CycloneDX 1.6 (ECMA-424).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from cmdb.canonical import rfc3339

KINDS: Mapping[str, str] = {  # item types, and what CycloneDX calls such a thing; the nearest parent counts
    "hardware": "device",
    "virtual-machine": "platform",
    "operating-system": "operating-system",
    "container": "container",
    "firmware": "firmware",
    "package": "library",
    "software": "application",
    "document": "file",
}
_TOLD = ("id", "name", "type", "status", "level", "owner", "custody", "party")
PIECES = 10_000  # of JSON, joined at once
OTHER = "application"  # what the specification asks for where nothing fits better


class Part(NamedTuple):
    """An item of a release: its record, the types it is of (its own first), the SHA-256 of the record."""

    fields: Mapping[str, Any]
    types: tuple[str, ...]
    service: bool
    sha256: str


def bill(product: str, version: str, *, at: datetime, identity: str, parts: Iterable[Part]) -> bytes:
    """The bill of materials. `identity` names the release for ever: its serial number follows from it."""
    listed = sorted(parts, key=lambda one: str(one.fields["id"]))
    known = {str(one.fields["id"]) for one in listed}
    root = f"{product}@{version}"
    while root in known:  # an item may be called anything
        root = f"release:{root}"
    services = [one for one in listed if one.service]
    components = [one for one in listed if not one.service]
    needs = [_needs(one, known) for one in listed]
    found = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'cmdb:release:{identity}')}",
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(at),
            "component": {"type": OTHER, "bom-ref": root, "name": product, "version": version},
        },
        "components": [_component(one) for one in components],
        "services": [_service(one) for one in services],
        "dependencies": [{"ref": root, "dependsOn": sorted(known)}, *needs],
    }
    return _json(found)


def told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a bill says of an item, and no more: there may be very many."""
    version = fields.get("characteristics", {}).get("version")
    kept = {name: fields[name] for name in _TOLD if name in fields}
    kept["dependencies"] = [{"target": one["target"]} for one in fields.get("dependencies", ())]
    return {**kept, "characteristics": {"version": version} if version else {}}


def _component(part: Part) -> dict[str, Any]:
    version = part.fields.get("characteristics", {}).get("version")
    return {
        "type": next((KINDS[one] for one in part.types if one in KINDS), OTHER),
        **_same(part, lambda: {"hashes": [{"alg": "SHA-256", "content": part.sha256}]}),
        **({"version": version} if isinstance(version, str) and version else {}),
    }


def _service(part: Part) -> dict[str, Any]:
    found = _same(part, dict)
    found["properties"] = [*found["properties"], {"name": "cmdb:sha256", "value": part.sha256}]
    return found


def _same(part: Part, more: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    told = {name: part.fields.get(name) for name in ("type", "status", "level", "owner", "custody", "party")}
    return {
        "bom-ref": part.fields["id"],
        "name": part.fields["name"],
        **more(),
        "properties": [{"name": f"cmdb:{name}", "value": text} for name, text in told.items() if text],
    }


def _needs(part: Part, known: set[str]) -> dict[str, Any]:
    targets = {str(one["target"]) for one in part.fields.get("dependencies", ())}
    return {"ref": part.fields["id"], "dependsOn": sorted(targets & known)}


def _json(found: Mapping[str, Any]) -> bytes:
    pieces = json.JSONEncoder(ensure_ascii=False, sort_keys=True, indent=2).iterencode(found)
    return b"".join(chain((piece.encode() for piece in _gathered(pieces)), (b"\n",)))


def _gathered(pieces: Iterable[str]) -> Iterator[str]:
    """Text in larger pieces: as one, a letter beyond Latin would take four bytes for each of the others."""
    left = iter(pieces)
    while part := "".join(islice(left, PIECES)):
        yield part
