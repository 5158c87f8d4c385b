"""The one line of commits a proof walks: each follows the last, under its own tag, each request once.

Asked of the commits and tags themselves, never of git's indexes, which are no part of what is signed.
Source: rules.md 7, Verify.
"""

from collections.abc import Mapping, Sequence

from baselines import scoped_records
from baselines.failures import Failed, fail
from baselines.model import BACK_OUT, Commit, Tag
from baselines.vault import Vault


def descends(walked: Sequence[Commit], since: str) -> None:
    """Hold that what was proved before is among the ancestors. Raises Failed when it is not."""
    if since and all(commit.id != since for commit in walked):
        raise Failed(
            "commit",
            since[:12],
            "The end of the history that was proved here before is missing: it was cut off or rewritten.",
            f"{walked[0].id} does not descend from {since}",
        )


def no_strange_tags(walked: Sequence[Commit], tags: Mapping[str, str]) -> None:
    """Hold that every tag is that of a baseline of this history. Raises Failed when one is not."""
    known = {commit.trailer("Baseline") for commit in walked}
    for name in sorted(tags.keys() - known):
        raise Failed(
            "tag", name, f"There is a tag {name} that no baseline of this history has.", f"refs/tags/{name}"
        )


def once(commit: Commit, used: dict[str, list[Commit]]) -> None:
    """A request is checked in once, and after that backed out once at most. Raises Failed."""
    request = commit.trailer("Request")
    name = commit.trailer("Baseline") or commit.trailer(scoped_records.TRAILER)
    if not (name and request):
        return
    earlier, undoes = used.setdefault(request, []), commit.trailer(BACK_OUT)
    if undoes and (len(earlier) != 1 or earlier[0].trailer("Baseline") != undoes):
        fail(commit, f"it undoes {undoes}, which is no check-in of {request} still in force", undoes)
    if earlier and not undoes:
        by = earlier[0].trailer("Baseline") or earlier[0].trailer(scoped_records.TRAILER)
        fail(commit, f"{request} was checked in before", f"by {by}")
    earlier.append(commit)


class Tags:
    """The signed tags of a history, asked for in its order and read many together."""

    def __init__(self, vault: Vault, walked: Sequence[Commit], tags: Mapping[str, str]) -> None:
        self._tags = tags
        names = [commit.trailer("Baseline") for commit in reversed(walked)]
        self._read = vault.tags_read([tags[name] for name in names if name in tags])

    def of(self, commit: Commit) -> Tag:
        """The tag under the baseline's name, which must be made for this commit. Raises Failed."""
        name = commit.trailer("Baseline")
        if name not in self._tags:
            fail(commit, f"the signed tag of {name} is missing", f"refs/tags/{name} does not exist")
        tag = next(self._read)
        if tag.object != commit.id or tag.name != name or tag.trailers != commit.trailers:
            fail(
                commit, f"the tag {name} does not belong to this baseline", f"tag {tag.id} names {tag.object}"
            )
        if (tag.tagger, tag.at, tag.subject) != (commit.author, commit.at, commit.subject):
            fail(
                commit,
                f"the tag {name} says something else than its baseline of who made it, when or what for",
                f"tag {tag.id} by {tag.tagger} at {tag.at}: {tag.subject}",
            )
        return tag
