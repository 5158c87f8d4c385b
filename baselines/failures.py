"""What fails in a library, and where: told in a sentence for a manager and a line for an engineer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from baselines.model import Commit
from cmdb.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Value):
    """The first thing that fails: what it is, `why` for a manager, `detail` for an engineer."""

    kind: str
    id: str
    why: str
    detail: str


class Failed(Exception):
    """Ends a proof at its first failure."""

    def __init__(self, kind: str, id: str, why: str, detail: str) -> None:
        super().__init__(why)
        self.failure = Failure(kind=kind, id=id, why=why, detail=detail)


def fail(commit: Commit, why: str, detail: str = "") -> NoReturn:
    """End a proof at a commit."""
    name = commit.trailer("Baseline") or commit.trailer("Record") or commit.id[:12]
    raise Failed("commit", name, f"{name}: {why}.", f"commit {commit.id}: {detail or why}")


def failing(kind: str, id: str) -> Callable[[str, str], NoReturn]:
    """Something that ends a proof at this id, told why and where."""

    def failed(why: str, detail: str) -> NoReturn:
        raise Failed(kind, id, why, detail)

    return failed
