"""How wide the terminal on stdout is. Apart, because `shutil` loads three kinds of compression."""

import os
import sys

UNKNOWN = 80


def columns() -> int:
    """Cells across the terminal; COLUMNS where it is set, 80 where nobody knows."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or UNKNOWN
    except (OSError, ValueError, AttributeError):  # not a terminal, closed, or none at all
        return UNKNOWN
