"""One way to write a record as bytes, an instant as text and a digest as hexadecimal.

Canonical record: JSON, UTF-8, keys sorted, two-space indent, LF at the end, no floats (decimals are
strings), instants in RFC 3339 UTC with whole seconds, absent means omitted, text as entered, first
field `format: kind/1`. Nothing here reads a clock, a file or a database.
Source: rules.md 7, Canonical record.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from cmdb.errors import Corrupt, Invalid
from cmdb.instants import instant as instant  # part of the canonical form, kept where it is cheap to load
from cmdb.instants import rfc3339 as rfc3339

WHOLE_LIMIT = 2**63  # what both databases keep in an integer column
DEPTH_LIMIT = 64

_DIGEST_PREFIX = b"cmdb\0"
_quoted = json.encoder.encode_basestring
_FORM = re.compile(r"[a-z][a-z -]*/[1-9][0-9]*")


def encode(form: str, fields: Mapping[str, Any]) -> bytes:
    """Write a record as its canonical bytes.

    `form` is `kind/version`, such as `item/1`; `fields` holds only str, int, bool, lists, tuples
    and mappings of those. Fields that are None, empty text or empty collections are omitted, at
    every depth and from the inside out, so a new field left at its default does not change the bytes.

    Raises Invalid, naming the field, for a float or any other type, for text that is not Unicode
    (a lone surrogate), for a whole number beyond 64 bits and for nesting deeper than 64.
    """
    try:
        data = _headed(form, _written(fields, "")).encode()
    except (_Odd, TypeError, UnicodeEncodeError):
        plain = _plain(fields, "")
        data = _headed(form, json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=2)).encode()
    if fields.get("format") not in (None, "", [], {}, ()):
        raise Invalid("A record may not have a field named 'format'.", "Rename the field.")
    return data


def decode(data: bytes) -> tuple[str, dict[str, Any]]:
    """Read canonical bytes back into (form, fields). Raises Corrupt for anything else.

    A field given twice, a fraction, NaN or a missing `format` is not a record: two programs could
    read two things in it.
    """
    try:
        fields = _DECODER.decode(data.decode("utf-8"))
        if not isinstance(fields, dict) or not isinstance(fields.get("format", ""), str):
            raise ValueError("it is no mapping with its format")
        form = fields.pop("format", "")
        if not _FORM.fullmatch(form):
            raise ValueError("its format is not written like item/1")
    except RecursionError as broken:
        raise Corrupt(
            "A record is not readable: it is nested without end.",
            "Run 'cmdb verify' and keep this copy untouched.",
        ) from broken
    except UnicodeDecodeError as broken:
        raise Corrupt(
            f"A record is not readable: from byte {broken.start + 1:,} on it is no text in UTF-8.",
            "Run 'cmdb verify' and keep this copy untouched.",
        ) from broken
    except (ValueError, TypeError) as broken:
        raise Corrupt(
            f"A record is not readable: {broken}.", "Run 'cmdb verify' and keep this copy untouched."
        ) from broken
    return form, fields


def digest(form: str, data: bytes) -> str:
    """SHA-256 over `cmdb NUL form NUL` and the bytes exactly as stored, in hexadecimal."""
    return sha256(_DIGEST_PREFIX + form.encode() + b"\0" + data).hexdigest()


def digest_of(form: str, fields: Mapping[str, Any]) -> str:
    """Digest of the canonical bytes of `fields`."""
    return digest(form, encode(form, fields))


class _Odd(Exception):
    """Something a record cannot keep, or that takes a closer look to say what is wrong with it."""


def _headed(form: str, body: str) -> str:
    head = f'{{\n  "format": {_quoted(form)}'
    return head + (f",{body[1:]}\n" if body != "{}" else "\n}\n")


def _written(value: Any, pad: str) -> str:
    """Write plain content as `json.dumps(..., sort_keys=True, indent=2)` would, absent fields left out.

    The standard library indents in Python, piece by piece: four times as slow, and a first baseline
    writes a million records. Raises _Odd for what `_plain` then names.
    """
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is dict:
        deeper = pad + "  "
        if len(deeper) > 2 * DEPTH_LIMIT:
            raise _Odd
        parts = []
        for key in sorted(value):
            inner = value[key]
            if inner is None:
                continue
            text = _quoted(inner) if type(inner) is str else _written(inner, deeper)
            if text not in _NOTHING:
                parts.append(f"{deeper}{_quoted(key)}: {text}")
        return "{\n" + ",\n".join(parts) + f"\n{pad}}}" if parts else "{}"
    if kind is list or kind is tuple:
        if not value:
            return "[]"
        deeper = pad + "  "
        if len(deeper) > 2 * DEPTH_LIMIT:
            raise _Odd
        said = [_quoted(one) if type(one) is str else _written(one, deeper) for one in value]
        between = f",\n{deeper}"
        return f"[\n{deeper}{between.join(said)}\n{pad}]"
    if kind is bool:
        return "true" if value else "false"
    if kind is int and -WHOLE_LIMIT <= value < WHOLE_LIMIT:
        return str(value)
    if kind is datetime and value.tzinfo is not None:
        return f'"{rfc3339(value)}"'
    raise _Odd


_NOTHING = frozenset(('""', "[]", "{}"))


def _absent(value: Any) -> bool:
    return isinstance(value, str | list | dict) and not value


def _plain(value: Any, path: str, depth: int = 0) -> Any:
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -WHOLE_LIMIT <= value < WHOLE_LIMIT:
            raise Invalid(f"The number in '{path}' does not fit into 64 bits.", "Write it as text.")
        return value
    if depth > DEPTH_LIMIT:
        raise Invalid(f"The field '{path[:200]}' is nested too deeply.", f"At most {DEPTH_LIMIT} levels.")
    if isinstance(value, Mapping):
        inner = {
            _key(key, path): _plain(one, f"{path}.{key}" if path else str(key), depth + 1)
            for key, one in value.items()
            if one is not None
        }
        # Looked at after what is inside it: a mapping whose fields are all absent is absent itself.
        return {key: one for key, one in inner.items() if not _absent(one)}
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{path}[{index}]", depth + 1) for index, inner in enumerate(value)]
    if isinstance(value, datetime):
        return rfc3339(value)
    raise Invalid(
        f"The field '{path}' holds {type(value).__name__}, which a record cannot keep.",
        "Use text, whole numbers, true or false, lists and mappings; write decimals as text.",
    )


def _key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise Invalid(f"The field '{path}' has a key that is not text.", "Use text for every key.")
    return _text(key, path or "a name")


def _text(text: str, path: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as wrong:
        raise Invalid(
            f"The field '{path}' holds half a character at place {wrong.start + 1}.",
            "Enter the text again; it was damaged by another program.",
        ) from wrong
    return text


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("it gives a field twice")
    return fields


def _refuse(text: str) -> Any:
    raise ValueError(f"it holds {text}, which a canonical record writes as text")


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_once)
