"""Real reviews replayed as ballots under four policies: decisions a second, beside counting alone.

    python -m benchmarks.boards VOTES.csv.gz [CHANGES.csv.gz]

A file of votes has one vote a line, in the order they were cast: change_no, label, value, voter,
is_submitter, is_bot. A later vote of a voter replaces the earlier one, 0 takes it back, machines do not
vote. Above 0 approves, below 0 rejects; 2 and -2 come from who has the last word, and -2 is a veto where a
policy knows vetoes. A file of changes names the author of each change (change_no, author), who raised it;
without it the submitter did. Changes nobody voted on are reviews too: nothing carries them.
A line without a voter or a value is a remark and no vote. Files are read in UTF-8, or UTF-16 with its mark.
The floor counts the same votes in one loop and says nothing about why.
"""

import codecs
import csv
import gzip
import io
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from ccb.ballot import Policy
from ccb.voting import Cast, Entitled, Question, outcome

LABEL = "Code-Review"
WORD, EYES = "last-word", "reviewers"  # the groups that 2 and 1 speak for
_ANY: dict[str, Any] = {"board": "reviews", "rule": "fraction", "fraction": Decimal("0.001")}
POLICIES = (
    # One approver other than the author is enough, whoever else objects.
    Policy(id="another", name="Another", **_ANY),
    Policy(id="two-thirds", name="2/3", board="reviews", quorum=2, rule="fraction", fraction=Decimal("0.66")),
    # Somebody with the last word approves and none of them objects: own votes count, or do not.
    Policy(id="own-word", name="Own word", required_groups=(WORD,), vetoes=(WORD,), four_eyes=False, **_ANY),
    Policy(id="anothers-word", name="Another's word", required_groups=(WORD,), vetoes=(WORD,), **_ANY),
)
OF_VOTES = ("change_no", "label", "value", "voter")
OF_CHANGES = ("change_no", "author")
LEAST = 20_000  # decisions a second to reach


class Review(NamedTuple):
    """One change: who raised it, and the last vote of each person, from -2 to 2."""

    change: str
    author: str
    votes: dict[str, int]


def read(votes: Path, changes: Path | None = None) -> list[Review]:
    """Every change, in the order of the files. Raises ValueError, with the line, for what is no vote."""
    lines = _lines(changes, OF_CHANGES) if changes else ()
    authors = {line["change_no"]: line["author"] for _number, line in lines}
    found = {change: Review(change, author, {}) for change, author in authors.items()}
    for number, line in _lines(votes, OF_VOTES):
        change = line["change_no"]
        known = found.setdefault(change, Review(change, "", {}))
        if not authors and line.get("is_submitter") == "1":
            known = found[change] = known._replace(author=line["voter"])
        if line["label"] != LABEL or line.get("is_bot") == "1":
            continue
        if not line["voter"] or not line["value"]:
            continue
        try:
            value = int(line["value"])
        except ValueError as wrong:
            raise ValueError(f"{votes}, line {number}: '{line['value']}' is no vote") from wrong
        known.votes.pop(line["voter"], None)
        if value:
            known.votes[line["voter"]] = max(-2, min(2, value))
    return list(found.values())


def question(review: Review, policy: Policy) -> Question:
    """What is asked of the people who voted on a change."""
    seats = tuple(
        Entitled(member=one, group=WORD if abs(review.votes[one]) == 2 else EYES)
        for one in sorted(review.votes)
    )
    return Question(
        policy=policy, seats=seats, originator=review.author, implementer=review.author, closed=True
    )


def casts(review: Review) -> list[Cast]:
    """The votes on a change."""
    return [
        Cast(voter=voter, seat=voter, value="approve" if value > 0 else "reject")
        for voter, value in review.votes.items()
    ]


def decided(review: Review, policy: Policy) -> str:
    """The result under a policy, with every requirement and its sentence."""
    return outcome(question(review, policy), casts(review)).result


def counted(review: Review, policy: Policy) -> str:
    """The result by counting alone: the rules of a closed ballot, written down a second time."""
    own = policy.four_eyes
    votes = [value for voter, value in review.votes.items() if not (own and voter == review.author)]
    yes, no = sum(one > 0 for one in votes), sum(one < 0 for one in votes)
    if len(votes) < policy.quorum or yes == 0:
        return "lost"
    if (policy.required_groups and 2 not in votes) or (policy.vetoes and -2 in votes):
        return "lost"
    carried = {
        "majority": yes > no,
        "unanimous": no == 0,
        "fraction": yes >= Decimal(policy.fraction or 0) * (yes + no),
    }[policy.rule]
    return "carried" if carried else "lost"


def carried(reviews: Iterable[Review]) -> Mapping[str, int]:
    """How many reviews each policy carries, by its id."""
    every = tuple(reviews)
    return {policy.id: sum(decided(one, policy) == "carried" for one in every) for policy in POLICIES}


def measured(reviews: Iterable[Review]) -> tuple[int, float, float]:
    """How many decisions, and the CPU seconds that ours and the floor take; the least of three runs."""
    every = [(one, policy) for one in reviews for policy in POLICIES]
    took = []
    for count in (decided, counted):
        runs = []
        for _ in range(3):
            start = time.process_time()
            for one, policy in every:
                count(one, policy)
            runs.append(time.process_time() - start)
        took.append(min(runs))
    return len(every), took[0], took[1]


def _lines(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a CSV file, packed or not, each with its number. Raises ValueError for any other file."""
    content = file.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    try:
        marked = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise ValueError(f"{file}, line {line}: no UTF-8; write it anew in UTF-8") from wrong
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    missing = [one for one in columns if one not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{file} has no column {', '.join(missing)}")
    for line in reader:
        yield reader.line_num, line


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        reviews = read(*map(Path, sys.argv[1:3]))
    except (OSError, ValueError) as wrong:
        sys.exit(str(wrong))
    number, ours, floor = measured(reviews)
    print(f"{number:,} decisions: {number / ours:,.0f} a second; counting alone {number / floor:,.0f}")
    found = carried(reviews)
    print(f"{len(reviews):,} changes; carried: " + ", ".join(f"{id} {n:,}" for id, n in found.items()))
    print(f"carried by nobody's word but the author's: {found['own-word'] - found['anothers-word']:,}")


if __name__ == "__main__":
    main()
