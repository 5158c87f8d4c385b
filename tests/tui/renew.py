"""Write what every screen shows now to `tests/tui/screens/`; `git diff` then says what changed.

python -m tests.tui.renew
"""

import sys

from tests.tui.tour import FOLDER, every, kept


def main() -> int:
    """Write every picture anew, and take away those of screens that are gone."""
    before, now = kept(), every()
    for path in before.keys() - now.keys():
        (FOLDER / path).unlink()
    for path, text in now.items():
        if before.get(path) != text:
            file = FOLDER / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    changed = sum(1 for path in before.keys() | now.keys() if before.get(path) != now.get(path))
    sys.stdout.write(f"{len(now)} screens, {changed} changed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
