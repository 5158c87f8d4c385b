"""Whether the command line that runs has answered on stdout already; a refusal then adds no JSON.

Apart from `tui.printing`, because `--help`, `--version` and completion print nothing of ours.
"""

import threading

_this = threading.local()  # the app runs commands in threads


def begin() -> None:
    """Nothing has been answered yet on this command line."""
    _this.answered = False


def answer() -> None:
    """An answer begins to stand on stdout."""
    _this.answered = True


def answered() -> bool:
    """Tell whether an answer in JSON stands on stdout already."""
    return bool(getattr(_this, "answered", False))
