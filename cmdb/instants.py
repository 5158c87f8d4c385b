"""One way to write an instant as text, and to read it back; and to write a length of time.

Part of the canonical form; apart from `cmdb.canonical`, so that who only shows a time does not load
what computes digests. Source: rules.md 7, Canonical record.
"""

from datetime import UTC, datetime

from cmdb.errors import Invalid


def rfc3339(at: datetime) -> str:
    """Write an aware instant as `2026-11-22T22:00:00Z`. Fractions of a second are cut off."""
    if at.tzinfo is None:
        raise Invalid(
            f"The time {at.isoformat()} has no zone.",
            f"Write {at.isoformat()}Z for UTC, or give the offset, such as {at.isoformat()}+01:00.",
        )
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def instant(text: str) -> datetime:
    """Read an RFC 3339 instant into an aware UTC datetime of whole seconds.

    Raises Invalid when the text is no time or has no zone.
    """
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as wrong:
        raise Invalid(
            f"{text[:60]!r} is not a time.",
            "Write it like 2026-11-22T22:00:00Z or 2026-11-22T23:00:00+01:00.",
        ) from wrong
    whole = at.isoformat()
    raise Invalid(
        f"The time {text[:60]!r} has no zone.",
        f"Write {whole}Z for UTC, or give the offset, such as {whole}+01:00.",
    )


def length(seconds: int) -> str:
    """Write whole seconds exactly, the way people type them: `90s`, `38m`, `1h30m`, `2d4h`, `0m`."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        parts += [f"{count}{unit}"] if count else []
    return sign + ("".join(parts) or "0m")
