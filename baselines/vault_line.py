"""The one line of commits: walked from its end to its beginning, and asked what comes before what.

One job: answer from the commits themselves. Git is asked for their ids only so that they can be read
together; whatever it says, each commit is followed to the parent it names. A whole walk is kept, as
distances from its head: after it nothing has to be asked again.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from baselines.model import Commit, Tag
from baselines.vault_git import BATCH, Git, Reader
from baselines.vault_objects import hexadecimal, parse_commit, parse_tag
from cmdb.errors import CmdbError, Corrupt


class Line:
    """The commits of one repository, in the order in which they follow each other."""

    def __init__(self, runner: Git, reader: Reader) -> None:
        self._git = runner
        self._reader = reader
        self._line: dict[str, int] = {}  # distance from the head of the last walk that went to the end

    def commit(self, oid: str) -> Commit:
        """Read a commit. Raises Corrupt when the object is missing or is none."""
        return parse_commit(oid, self._object(oid, "commit"))

    def tag(self, oid: str) -> Tag:
        """Read an annotated tag. Raises Corrupt when the object is missing or is none."""
        return parse_tag(oid, self._object(oid, "tag"))

    def tags(self, oids: Sequence[str]) -> Iterator[Tag]:
        """Read tags in the order asked, many together. Raises Corrupt at the first that is none."""
        for oid, data in self._ahead(oids, "tag"):
            yield parse_tag(oid, data)

    def walk(self, head: str, *, whole: bool = False) -> Iterator[Commit]:
        """Give every commit from `head` to the founding one, each checked against its id.

        `whole` says that it will go to the end, so commits are read many together.
        """
        line: dict[str, int] = {}
        ahead = self._ahead(self._listed(head), "commit") if whole else iter(())
        while head:
            oid, data = next(ahead, ("", b""))
            if oid != head:
                ahead, data = iter(()), self._object(head, "commit")
            commit = parse_commit(head, data)
            if len(commit.parents) > 1:
                raise Corrupt(f"The commit {head} has two parents.", "Run 'cmdb verify'.")
            line[head] = len(line)
            yield commit
            head = commit.parents[0] if commit.parents else ""
        self._line = line

    def upto(self, head: str) -> frozenset[str]:
        """Give the ids of `head` and every commit before it."""
        if head not in self._line:
            return frozenset(commit.id for commit in self.walk(head, whole=True))
        return frozenset(oid for oid, place in self._line.items() if place >= self._line[head])

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether `old` is `new` or comes before it. Unknown objects come before nothing."""
        if new in self._line:  # a whole walk has seen all that comes before it: no need to ask git
            return self._line.get(old, -1) >= self._line[new]
        return self._git.agrees("merge-base", "--is-ancestor", hexadecimal(old), hexadecimal(new))

    def _listed(self, head: str) -> list[str]:
        try:
            return self._git.run("rev-list", hexadecimal(head)).decode("ascii", "replace").split()
        except CmdbError:  # what is wrong is told by whoever reads the commits one by one
            return []

    def _ahead(self, oids: Sequence[str], kind: str) -> Iterator[tuple[str, bytes]]:
        """Read objects of one kind many together; one by one where some cannot be read, to fail in order."""
        left = iter(oids)
        while part := list(islice(left, BATCH)):
            try:
                found = list(self._reader.read_many(part))
            except Corrupt:
                found = []
            if len(found) == len(part) and all(one[0] == kind for one in found):
                yield from zip(part, (data for _kind, data in found), strict=True)
            else:
                for oid in part:
                    yield oid, self._object(oid, kind)

    def _object(self, oid: str, kind: str) -> bytes:
        found, data = self._reader.read(oid)
        if found != kind:
            raise Corrupt(f"The object {oid} is a {found}, not a {kind}.", "Run 'cmdb verify'.")
        return data
