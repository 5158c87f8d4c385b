"""Whether the command line that runs has answered on stdout already; a refusal then adds no JSON.

Apart from `tui.printing`, because `--help`, `--version` and completion print nothing of ours.
"""

_answered = False


def begin() -> None:
    """Nothing has been answered yet on this command line."""
    global _answered
    _answered = False


def answer() -> None:
    """An answer begins to stand on stdout."""
    global _answered
    _answered = True


def answered() -> bool:
    """Tell whether an answer in JSON stands on stdout already."""
    return _answered
