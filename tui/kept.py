"""What one person's machine keeps for the app, outside every site: unfinished forms, named filters.

Plain JSON under the state directory, one folder a site. A file that cannot be read keeps nothing:
it is a convenience, never a record. Whatever stands here, the rules are asked again.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SMALL = 1_000_000  # bytes; more than anybody types


class Kept:
    """The folder of one site. Nothing is made before something is kept."""

    def __init__(self, environ: Mapping[str, str], site: Path) -> None:
        state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        digest = hashlib.sha256(str(site.resolve()).encode()).hexdigest()[:16]
        self.folder = Path(state) / "cmdb" / f"{site.resolve().name}-{digest}"

    def path(self, folder: str, name: str, ending: str = ".json") -> Path:
        """Where something of that name is kept; its folder is made, for this person alone."""
        place = self.folder / folder
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        readable = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)[:60]
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return place / f"{readable.lstrip('.')}-{digest}{ending}"

    def read(self, folder: str, name: str) -> dict[str, str]:
        """What is kept; empty when nothing is, or when it cannot be read."""
        try:
            path = self.path(folder, name)
            if path.stat().st_size > SMALL:
                return {}
            found: Any = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {str(key): text for key, text in found.items() if isinstance(text, str)}

    def write(self, folder: str, name: str, content: Mapping[str, str] | None) -> None:
        """Keep something, or let go of it with None. What the disk refuses is not kept."""
        try:
            path = self.path(folder, name)
            if content is None:
                path.unlink(missing_ok=True)
                return
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps(dict(content), ensure_ascii=False), "utf-8")
            draft.replace(path)
        except OSError:
            return
