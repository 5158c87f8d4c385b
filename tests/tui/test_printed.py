"""What a command printed, as the app shows it: headings and names of columns stand out."""

import pytest

from tui.widgets.printed import rank


@pytest.mark.parametrize(
    ("before", "line", "after", "role"),
    [
        ("", "Change requests", "period     2026-06-01 to 2026-11-22", "strong"),
        ("", "How long it took", "WAY     REQUESTS  9 OF 10 WITHIN", "strong"),
        ("How long it took", "WAY     REQUESTS  9 OF 10 WITHIN", "from a to b  3", "dim"),
        ("", "period     2026-06-01", "made       2026-11-22", ""),  # a fact, though it comes first
        ("", "Nothing is recorded.", "More words", ""),
        ("", "8 services hit", "EFFECT   SERVICE", "strong"),
        ("", "CR-1", "", ""),  # nothing is below it
        ("one", "Two", "three", ""),
        ("", "  Indented", "three", ""),
        ("", "{", '  "id": 1', ""),
    ],
)
def test_headings_and_names_of_columns_are_told_from_what_they_head(
    before: str, line: str, after: str, role: str
) -> None:
    assert rank(before, line, after) == role
