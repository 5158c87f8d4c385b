"""JSON Schemas of characteristics: what one may hold, and a check that always ends.

A schema comes from whoever defines a type, and is then run over everything anybody registers. So
patterns are run by RE2, in time that grows with the text and never doubles with it; definitions do
not refer to themselves and do not multiply. Pure: nothing here reads a file, a clock or a database.
Source: rules.md 2, Item type; JSON Schema 2020-12; RE2, Syntax.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from cmdb.canonical import encode
from cmdb.checks import shown
from cmdb.errors import Invalid

PATTERN_LIMIT = 1_000  # characters of one pattern
WEIGHT_LIMIT = 2_000  # rules a schema comes to, each definition counted wherever it is referred to
_HERE = "#/$defs/"
_OWN = {"unevaluatedProperties": "it runs patterns elsewhere", "$dynamicRef": "use $ref"}


def problems(schema: Mapping[str, Any]) -> list[str]:
    """Say everything that keeps a schema from being the schema of a type."""
    try:
        encode("type/1", {"schema": schema})
    except Invalid as unkeepable:
        return [unkeepable.reason]  # also what is nested so deeply that looking at it would not end
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as wrong:
        return [f"The schema is no JSON Schema: {shown(wrong.message, 200)}"]
    found = [f"The schema uses '{name}': {why}." for name, why in _OWN.items() if name in set(_words(schema))]
    references = [str(one) for one in _contents(schema, "$ref")]
    unknown = [one for one in references if one.removeprefix(_HERE) not in schema.get("$defs", {})]
    found += [
        f"The schema refers to '{shown(one)}'; only definitions of its own under '{_HERE}' can be used."
        for one in dict.fromkeys(unknown)
    ]
    found += [one for pattern in dict.fromkeys(_patterns(schema)) for one in pattern_problems(pattern)]
    if not unknown:
        found += _size_problems(schema)
    return found


def pattern_problems(pattern: str) -> list[str]:
    """Say why a pattern cannot be used: too long, no pattern, or not to be run in bounded time."""
    if len(pattern) > PATTERN_LIMIT:
        return [f"A pattern has {len(pattern):,} characters; at most {PATTERN_LIMIT:,} fit."]
    try:
        _compiled(pattern)
    except re2.error as wrong:
        said = wrong.args[0].decode("utf-8", "replace") if wrong.args else "it is no pattern"
        why = "Look-ahead, back-references and repetitions beyond 1,000 have no bound in time."
        return [f"The pattern '{shown(pattern)}' cannot be used: {shown(said)}. {why}"]
    return []


def checker(schema: Mapping[str, Any]) -> Validator:
    """Prepare the check of characteristics; hold on to it for many items. Reads nothing elsewhere."""
    return _Checker(dict(schema), registry=Registry())  # type: ignore[no-any-return]


def pattern(text: str) -> Any:
    """Prepare a pattern without problems, for `search` and `sub` in time that grows with the text."""
    return _compiled(text)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _matches(pattern: str, text: str) -> bool:
    try:
        return _compiled(pattern).search(text) is not None
    except re2.error:
        return False  # stored before patterns were checked: it is said by `_pattern`


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str):
        wrong = pattern_problems(pattern)
        if wrong:
            yield ValidationError(f"{wrong[0]} Mend the type.")
        elif not _matches(pattern, instance):
            yield ValidationError(f"'{shown(instance)}' does not match '{shown(pattern)}'")


def _pattern_properties(
    validator: Any, wanted: Mapping[str, Any], instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, inner in wanted.items():
            for name, content in instance.items():
                if _matches(pattern, name):
                    yield from validator.descend(content, inner, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, wanted: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, content in instance.items():
        if name in known or any(_matches(one, name) for one in patterns):
            continue
        if wanted is False:
            yield ValidationError(
                f"'{shown(name)}' is not one of: {shown(', '.join(known), 200) or 'nothing'}"
            )
        else:
            yield from validator.descend(content, wanted, path=name)


_Checker: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)


def _words(schema: Any) -> Iterator[str]:
    """Every name in a schema, at any depth."""
    if isinstance(schema, Mapping):
        for name, inner in schema.items():
            yield name
            yield from _words(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from _words(inner)


def _contents(schema: Any, wanted: str) -> Iterator[Any]:
    """What stands under a name in a schema, wherever it does."""
    if isinstance(schema, Mapping):
        for name, inner in schema.items():
            if name == wanted:
                yield inner
            yield from _contents(inner, wanted)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from _contents(inner, wanted)


def _patterns(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (one for one in _contents(schema, "pattern") if isinstance(one, str))
    for one in _contents(schema, "patternProperties"):
        if isinstance(one, Mapping):
            yield from one


def _size_problems(schema: Mapping[str, Any]) -> list[str]:
    """Say that definitions go round in a circle, or come to too many rules."""
    definitions = schema.get("$defs", {})
    weights: dict[str, int] = {}
    for name in definitions:
        circle = _weigh(name, definitions, weights, ())
        if circle:
            return [f"The definition '{shown(name)}' refers to itself: {shown(' -> '.join(circle), 200)}."]
    outer = {name: inner for name, inner in schema.items() if name != "$defs"}
    total = _weight(outer, weights)
    if max([total, *weights.values()]) > WEIGHT_LIMIT:
        return [f"The schema comes to more than {WEIGHT_LIMIT:,} rules with its definitions filled in."]
    return []


def _weigh(
    name: str, definitions: Mapping[str, Any], weights: dict[str, int], above: tuple[str, ...]
) -> tuple[str, ...]:
    """Count the rules of a definition, those it refers to first; give the circle it is in, if any."""
    if name in weights:
        return ()
    if name in above:
        return (*above[above.index(name) :], name)
    for one in _contents(definitions[name], "$ref"):
        circle = _weigh(str(one).removeprefix(_HERE), definitions, weights, (*above, name))
        if circle:
            return circle
    weights[name] = _weight(definitions[name], weights)
    return ()


def _weight(schema: Any, weights: Mapping[str, int]) -> int:
    if isinstance(schema, Mapping):
        return sum(
            weights.get(str(inner).removeprefix(_HERE), 1) if name == "$ref" else 1 + _weight(inner, weights)
            for name, inner in schema.items()
        )
    if isinstance(schema, list | tuple):
        return sum(_weight(one, weights) for one in schema)
    return 0
