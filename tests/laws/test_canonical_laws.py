"""Laws of the canonical record: one way to write it, nothing lost, nothing readable in two ways."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import canonical
from cmdb.errors import Corrupt, Invalid

HOSTILE = [
    "\u2028",
    "\0",
    '"',
    "\\",
    "\ufeff",
    "\U0010ffff",
    "e\u0301",
    "\u202e",
    "</script>",
    "\r\n",
    "format",
]
texts = st.text() | st.sampled_from(HOSTILE)
plain = st.recursive(
    texts | st.booleans() | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
records = st.dictionaries(texts.filter(lambda name: name != "format"), plain | st.none(), max_size=6)
forms = st.sampled_from(["item/1", "dependency kind/12", "vote/3"])


def kept(value: Any) -> Any:
    """What a record keeps of a value: mappings lose what is absent; lists keep every entry."""
    if isinstance(value, Mapping):
        inner = {key: kept(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not None and one not in ("", [], {})}
    return [kept(one) for one in value] if isinstance(value, list) else value


@given(forms, records)
def test_reading_gives_back_what_was_written(form: str, fields: dict[str, Any]) -> None:
    data = canonical.encode(form, fields)
    assert canonical.decode(data) == (form, kept(fields))


@given(forms, records)
def test_writing_what_was_read_gives_the_same_bytes(form: str, fields: dict[str, Any]) -> None:
    data = canonical.encode(form, fields)
    assert canonical.encode(*canonical.decode(data)) == data


@given(forms, records)
def test_it_is_written_as_the_standard_library_would(form: str, fields: dict[str, Any]) -> None:
    body = json.dumps(kept(fields), ensure_ascii=False, sort_keys=True, indent=2)
    expected = f'{{\n  "format": "{form}"' + (f",{body[1:]}\n" if body != "{}" else "\n}\n")
    assert canonical.encode(form, fields).decode() == expected


@given(forms, records, st.randoms(use_true_random=False))
def test_the_order_in_which_fields_come_does_not_matter(
    form: str, fields: dict[str, Any], chance: Any
) -> None:
    shuffled = list(fields.items())
    chance.shuffle(shuffled)
    assert canonical.encode(form, dict(shuffled)) == canonical.encode(form, fields)


@given(forms, records)
def test_a_record_is_utf8_json_with_format_first_and_one_newline_at_the_end(
    form: str, fields: dict[str, Any]
) -> None:
    text = canonical.encode(form, fields).decode("utf-8")
    assert text.startswith('{\n  "format": ')
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert next(iter(json.loads(text))) == "format"


@given(records, records)
def test_different_records_have_different_digests(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = canonical.encode("item/1", one) == canonical.encode("item/1", other)
    assert (canonical.digest_of("item/1", one) == canonical.digest_of("item/1", other)) is same
    assert canonical.digest_of("item/1", one) != canonical.digest_of("item/2", one)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_record_or_corrupt_never_a_crash(data: bytes) -> None:
    try:
        form, fields = canonical.decode(data)
    except Corrupt as refused:
        assert refused.remedy
    else:
        assert canonical.decode(canonical.encode(form, fields))[0] == form


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "a\ud800b"}, "name"),
        ({"a": {"b": ["x", {"c": "\udfff"}]}}, "a.b[1].c"),
        ({"a": {"k\ud800": 1}}, "a"),
        ({"ratio": 0.5}, "ratio"),
        ({"ratio": float("nan")}, "ratio"),
        ({"when": {"raw": b"x"}}, "when.raw"),
        ({"a": [None]}, "a[0]"),
        ({"big": 2**63}, "big"),
        ({"keys": {1: "x"}}, "keys"),
        ({"set": {"a"}}, "set"),
    ],
)
def test_what_a_record_cannot_keep_is_invalid_and_the_field_is_named(
    fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(Invalid) as refused:
        canonical.encode("item/1", fields)
    assert f"'{named}'" in refused.value.reason
    refused.value.reason.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"format": 1}',
        '{"format": "item"}',
        '{"format": "item/1", "a": 1.5}',
        '{"format": "item/1", "a": NaN}',
        '{"format": "item/1", "a": Infinity}',
        '{"format": "item/1", "a": 1, "a": 2}',
        '{"format": "item/1", "a": {"b": 1, "b": 1}}',
        '{"format": "item/1", "format": "item/2"}',
        '\ufeff{"format": "item/1"}',
        '{"format": "item/1"} x',
        '{"format": "item/1", "a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"format": "item/1", "a": ' + "9" * 5000 + "}",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_record(text: str) -> None:
    with pytest.raises(Corrupt):
        canonical.decode(text.encode())


def test_endless_nesting_is_invalid() -> None:
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(Invalid, match="too deeply"):
        canonical.encode("item/1", {"a": nested})


def test_no_field_may_be_called_format() -> None:
    with pytest.raises(Invalid, match="format"):
        canonical.encode("item/1", {"format": "vote/1"})


@pytest.mark.parametrize("content", ["[]", "null", "5", '"item/1"', "{}", '{"format": 5}', '{"format": []}'])
def test_what_is_no_mapping_with_its_format_is_no_record(content: str) -> None:
    with pytest.raises(Corrupt, match="is not readable") as wrong:
        canonical.decode(content.encode())
    assert "object" not in wrong.value.reason or "mapping" in wrong.value.reason


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_instant_beyond_all_years_is_no_time(text: str) -> None:
    with pytest.raises(Invalid, match="is not a time"):
        canonical.instant(text)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T10:00", "2026-W47-5"])
def test_what_is_offered_for_a_time_without_a_zone_is_a_time(text: str) -> None:
    with pytest.raises(Invalid, match="has no zone") as wrong:
        canonical.instant(text)
    offered = wrong.value.remedy.removeprefix("Write ").partition(" for UTC")[0]
    assert canonical.instant(offered).date().isoformat() == "2026-11-20"


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_instants_come_back_in_utc_and_whole_seconds(naive: datetime, offset: int) -> None:
    try:
        at = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
        expected = at.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return
    text = canonical.rfc3339(at)
    assert len(text) == 20
    assert canonical.instant(text) == expected
    assert canonical.rfc3339(canonical.instant(text)) == text
    with pytest.raises(Invalid):
        canonical.rfc3339(naive)
