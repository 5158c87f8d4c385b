"""The answer about impact in the shape other programs rely on, as a mapping and as JSON text.

The text is written in pieces: a hundred thousand items need never stand in memory as one string.
Source: terminal.md, JSON that other programs rely on.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from cmdb.chains import Chains
from cmdb.impact import Broken, Hit, Hits, Impact, Saved

PIECE = 500  # items written at once

_TAIL = '], "with": [], "when": []}'  # what stands behind the chain of most items
SAVED = ("id", "group", "need", "serving_before", "serving_after")
_text = json.encoder.encode_basestring

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
    told["saved"] = [dict(zip(SAVED, one, strict=True)) for one in answer.saved]
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
        if name == "saved":
            yield _saved(answer.saved)
            continue
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
    chains, facts = items.chains, items.facts
    tails = _tails(chains) if chains.beside else {}
    written: dict[int, str] = {}  # of what is a cause itself
    before, last = "\n  ", 0
    for effect, distance, count in items.levels:
        middle = f'"effect": "{effect}", "distance": {distance}, "because": ["'
        first, last = last, last + count
        for start in range(first, last, PIECE):
            piece = slice(start, min(start + PIECE, last))
            keys, ids, types = items.keys[piece], facts.ids[piece], facts.types[piece]
            rest: Iterable[str] = _causes(chains, keys, written) if distance else repeat('"')
            names = map(_text, facts.names[piece])
            ends: Iterable[str] = map(tails.get, keys, repeat(_TAIL))
            if times:
                ends = (_when(end, times.get(one, ())) for end, one in zip(ends, ids, strict=True))
            columns = zip(ids, types, names, facts.owners[piece], rest, ends, strict=False)
            lines = [
                f'{{"id": "{item}", "type": "{type_}", "name": {name}, "owner": "{owner}", '
                f"{middle}{item}{causes}{end}"
                for item, type_, name, owner, causes, end in columns
            ]
            yield before + ",\n  ".join(lines)
            before = ",\n  "


def _causes(chains: Chains, keys: Sequence[int], written: dict[int, str]) -> Iterable[str]:
    """The chains of items behind the items themselves; each is written once, for all it brings down."""
    ids, targets = chains.ids, chains.targets
    causes = list(map(targets.__getitem__, keys))
    for cause in {*causes}.difference(written):
        further = written[targets[cause]] if cause in targets else '"'
        written[cause] = f'", "{ids[cause]}{further}'
    return map(written.__getitem__, causes)


def _tails(chains: Chains) -> dict[int, str]:
    """What stands behind the chain of each item whose group lost others as well."""
    ids = chains.ids
    return {
        key: f'], "with": ["{ids[others[0]]}"], "when": []}}'
        if len(others) == 1
        else '], "with": ["' + '", "'.join(sorted([ids[one] for one in others])) + '"], "when": []}'
        for key, others in chains.beside.items()
    }


def _when(tail: str, times: Sequence[Mapping[str, Any]]) -> str:
    """The same with the sub-intervals in which the item is hit."""
    return f"{tail.removesuffix('[]}')}{json.dumps(times)}}}" if times else tail


def _plain(answer: Impact, times: Times) -> Iterator[str]:
    """Write items that were put together from several answers."""
    before = "\n  "
    for hit in answer.items:
        yield before + json.dumps(_hit(hit, times), ensure_ascii=False)
        before = ",\n  "


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


def _saved(saved: Iterable[Saved]) -> str:
    """Write what was saved: there is much of it where much is hit."""
    lines = [
        f'{{"id": "{item}", "group": {_text(group)}, "need": {_text(need)}, "serving_before": {before},'
        f' "serving_after": {after}}}'
        for item, group, need, before, after in saved
    ]
    return f"[{', '.join(lines)}]"


def _frame(
    answer: Impact, window: tuple[str, str] | None, agreements: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Everything but the items and what was saved, in the order of the fields."""
    return {
        "down": list(answer.down),
        "window": {"start": window[0], "end": window[1]} if window else None,
        "effect": answer.effect,
        "items": [],
        "saved": [],
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
