"""Reading a library from any copy of it that git can reach: a mirror, a clone, another machine over ssh.

    with mirrored(source) as vault: ...           a bare copy of our own, gone afterwards

The copy is made with the user's own git configuration, which knows the way to other machines; it is
read cut off from all of that. Source: rules.md 8, A site has exactly one vault.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baselines.vault import Vault
from baselines.vault_git import copied
from cmdb.errors import Refused
from cmdb.model import shown


@contextmanager
def mirrored(source: str) -> Iterator[Vault]:
    """Copy a library, from a directory or a URL git understands, and read the copy.

    Raises Refused when git cannot reach it, when its history is cut off (shallow), or when it has no
    main: then it is no library.
    """
    with tempfile.TemporaryDirectory(prefix="cmdb-mirror-") as folder:
        copy = Path(folder) / "library.git"
        copied(source, copy)
        if copy.joinpath("shallow").exists():
            raise Refused(
                f"The history of {shown(source)} is cut off: it is a shallow clone.",
                "Clone it whole, without --depth, or run 'git fetch --unshallow' in it.",
            )
        with Vault(copy) as vault:
            if not vault.head():
                raise Refused(
                    f"{shown(source)} is no library: it has no branch main.", "Name a copy of library.git."
                )
            yield vault
