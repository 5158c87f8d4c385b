"""The answer about impact in the shape other programs rely on, as a mapping and as JSON text.

The text is written in pieces: a hundred thousand items need never stand in memory as one string.
Source: terminal.md, JSON that other programs rely on.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cmdb.impact import Broken, Hit, Hits, Impact

PIECE = 500  # items written at once

Times = Mapping[str, Sequence[Mapping[str, Any]]]


def record(
    answer: Impact,
    *,
    window: tuple[str, str] | None = None,
    agreements: Sequence[Mapping[str, Any]] = (),
    when: Times | None = None,
) -> dict[str, Any]:
    """Give the answer as mappings, lists and plain values.

    `window` is the start and end asked about (RFC 3339), `agreements` the forecast rows, `when` the
    sub-intervals per item id; all three are filled by those who ask about a window.
    """
    times = when or {}
    told = _frame(answer, window, agreements)
    told["items"] = [_hit(hit, times) for hit in answer.items]
    return told


def written(
    answer: Impact,
    *,
    window: tuple[str, str] | None = None,
    agreements: Sequence[Mapping[str, Any]] = (),
    when: Times | None = None,
    more: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Give the same as JSON text, piece by piece, one line for each item; `more` comes at the end."""
    times = when or {}
    fields = {**_frame(answer, window, agreements), **(more or {})}
    start = "{"
    for name, value in fields.items():
        yield f"{start}{json.dumps(name)}: "
        start = ",\n "
        if name != "items":
            yield json.dumps(value, ensure_ascii=False)
            continue
        yield "["
        yield from _lines(answer.items, times) if isinstance(answer.items, Hits) else _plain(answer, times)
        yield "]"
    yield "}\n"


def _lines(items: Hits, times: Times) -> Iterator[str]:
    """Write every item; an item's chain is written once and shared by what it brings down."""
    # Only names hold letters that JSON writes differently: ids and effects are plain.
    chains = items.chains
    targets, groups = chains.targets, chains.groups
    written: dict[int, str] = {}
    before = "\n  "
    for effect, distance, rows in items.levels:
        middle = f'"effect": "{effect}", "distance": {distance}, "because": ['
        for start in range(0, len(rows), PIECE):
            lines = []
            for key, item, type_, name, owner, _group, _party, _service, _serves in rows[
                start : start + PIECE
            ]:
                written[key] = because = f'"{item}", {written[targets[key]]}' if distance else f'"{item}"'
                along = ""
                if key in groups and (others := chains.along(key)):
                    along = '"' + '", "'.join(others) + '"'
                when = json.dumps(times[item]) if times and item in times else "[]"
                lines.append(
                    f'{{"id": "{item}", "type": "{type_}", "name": {_quoted(name)}, "owner": "{owner}",'
                    f' {middle}{because}], "with": [{along}], "when": {when}}}'
                )
            yield before + ",\n  ".join(lines)
            before = ",\n  "


def _plain(answer: Impact, times: Times) -> Iterator[str]:
    """Write items that were put together from several answers."""
    before = "\n  "
    for hit in answer.items:
        yield before + json.dumps(_hit(hit, times), ensure_ascii=False)
        before = ",\n  "


_quoted = json.encoder.encode_basestring


def _hit(hit: Hit, times: Times) -> dict[str, Any]:
    return {
        "id": hit.id,
        "type": hit.type,
        "name": hit.name,
        "owner": hit.owner,
        "effect": hit.effect,
        "distance": hit.distance,
        "because": hit.because,
        "with": hit.along,
        "when": times.get(hit.id, ()),
    }


def _frame(
    answer: Impact, window: tuple[str, str] | None, agreements: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Everything but the items, in the order of the fields."""
    saved = [
        {"id": one.id, "group": one.group, "need": one.need, "serving_before": one.before}
        | {"serving_after": one.after}
        for one in answer.saved
    ]
    return {
        "down": list(answer.down),
        "window": {"start": window[0], "end": window[1]} if window else None,
        "effect": answer.effect,
        "items": [],
        "saved": saved,
        "broken_before": [_broken(one) for one in answer.broken_before],
        "services": [one._asdict() for one in answer.services],
        "inherited_complete": answer.inherited_complete,
        "exposed": answer.exposed,
        "agreements": list(agreements),
        "tell": [
            {one.kind: one.id, "name": one.name, "email": one.email, "because": one.because}
            for one in answer.tell
        ],
        "next_single_failures": {
            "total": answer.next_failures.total,
            "list": [{"id": one, "service": service} for one, service in answer.next_failures.first],
        },
        "weakest_fact": answer.weakest_fact._asdict() if answer.weakest_fact else None,
    }


def _broken(one: Broken) -> dict[str, Any]:
    row = {"id": one.id, "group": one.group, "need": one.need, "had": one.had}
    return {**row, "target": one.target} if one.target else row
