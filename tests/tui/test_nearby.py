"""A misspelled word is answered with what it may have been meant to be."""

import pytest

from tui.nearby import did_you_mean, near

NOUNS = ("item", "impact", "person", "board", "baseline")
PATHS = ("item list", "item show", "board list", "impact --at")


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("itme", ("item",)),
        ("items", ("item",)),
        ("ITEM", ("item",)),
        ("per", ("person",)),
        ("lst", ("item list", "board list")),
        ("xyzzy", ()),
        ("", ()),
    ],
)
def test_what_is_near(word: str, found: tuple[str, ...]) -> None:
    assert near(word, NOUNS, PATHS) == found


def test_the_question_reads_as_a_sentence_and_is_not_asked_without_an_answer() -> None:
    assert did_you_mean("lst", NOUNS, PATHS) == " Did you mean 'item list' or 'board list'?"
    assert did_you_mean("itme", NOUNS) == " Did you mean 'item'?"
    assert did_you_mean("xyzzy", NOUNS, PATHS) == ""
