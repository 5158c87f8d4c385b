"""What a person may have meant by a word nobody knows. Loaded only once somebody typed one."""

from collections.abc import Sequence
from difflib import get_close_matches

MOST = 3


def near(word: str, known: Sequence[str], paths: Sequence[str] = ()) -> tuple[str, ...]:
    """Give the words of `known` that look like `word`; where none does, `paths` whose last word does."""
    typed = word.lower()
    found = get_close_matches(typed, known, MOST, 0.6)
    if not found:
        found = [one for one in known if len(typed) > 1 and (one.startswith(typed) or typed.startswith(one))]
    if not found:
        ends = {path.rpartition(" ")[2] for path in paths if " --" not in path}
        likely = get_close_matches(typed, sorted(ends), 1, 0.6)
        found = [path for path in paths if likely and path.rpartition(" ")[2] == likely[0]]
    return tuple(found[:MOST])


def did_you_mean(word: str, known: Sequence[str], paths: Sequence[str] = ()) -> str:
    """Ask whether one of those was meant, as a sentence behind another; empty when nothing is near."""
    found = [f"'{one}'" for one in near(word, known, paths)]
    if not found:
        return ""
    return f" Did you mean {', '.join(found[:-1])}{' or ' if found[:-1] else ''}{found[-1]}?"
