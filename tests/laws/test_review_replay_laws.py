"""Real reviews under four policies: every result is the one a second, independent count gives."""

import gzip
from collections import Counter

import pytest

from benchmarks import boards
from ccb.voting import outcome

VOTES = "changes-and-votes/votes.2011-2013.csv.gz"
CHANGES = "changes-and-votes/changes.2011-2013.csv.gz"
HEAD = "change_no,commit,label,value,voter,is_submitter,is_bot"


@pytest.fixture(scope="module")
def reviews(shared_data):
    return boards.read(shared_data / VOTES, shared_data / CHANGES)


def test_every_review_comes_out_as_a_second_count_of_its_votes_says(reviews):
    for policy in boards.POLICIES:
        results = {one.change: boards.decided(one, policy) for one in reviews}
        assert [one.change for one in reviews if results[one.change] != boards.counted(one, policy)] == []
        counts = Counter(results.values())
        assert counts["lost"] > 10 or policy.id == "own-word"  # every change was merged on somebody's word


def test_the_counts_that_are_told_of_these_reviews_come_out(reviews):
    """Source: the README of the data."""
    carried = boards.carried(reviews)
    assert len(reviews) == 11_453
    assert carried["another"] == 4_744  # at least one approver other than the author
    assert carried["two-thirds"] == 465  # two or more other than the author
    assert carried["own-word"] - carried["anothers-word"] == 6_861  # the only +2 from the author


def test_a_stricter_policy_carries_nothing_that_a_looser_one_loses(reviews):
    another, two_thirds, own_word, anothers_word = boards.POLICIES
    for one in reviews:
        if boards.decided(one, two_thirds) == "carried":
            assert boards.decided(one, another) == "carried"
        if boards.decided(one, anothers_word) == "carried":
            assert boards.decided(one, own_word) == boards.decided(one, another) == "carried"


def test_the_authors_own_vote_never_counts_where_four_eyes_are_asked_for(reviews):
    for one in reviews:
        found = outcome(boards.question(one, boards.POLICIES[0]), boards.casts(one))
        assert one.author not in found.counted or not one.author


def results(folder, *lines, authors=("1,ann",), packed=False):
    text = "\n".join([HEAD, *lines, ""]).encode()
    votes, changes = folder / "votes.csv", folder / "changes.csv"
    votes.write_bytes(gzip.compress(text) if packed else text)
    changes.write_text("\n".join(["change_no,author", *authors, ""]), encoding="utf-8")
    [one] = boards.read(votes, changes)
    return [boards.decided(one, policy) for policy in boards.POLICIES]


def voted(value, voter, label="Code-Review", bot="0"):
    return f"1,c0ffee,{label},{value},{voter},{int(voter == 'ann')},{bot}"


@pytest.mark.parametrize("packed", [False, True])
def test_a_veto_loses_whoever_approves_and_a_plain_objection_does_not(tmp_path, packed):
    both = voted("+2", "ann"), voted("+2", "bea")
    assert results(tmp_path, *both, voted("-1", "cas"), packed=packed) == [
        "carried",
        "lost",
        "carried",
        "carried",
    ]
    assert results(tmp_path, *both, voted("-2", "cas"), packed=packed) == ["carried", "lost", "lost", "lost"]


def test_a_vote_taken_back_and_one_replaced_do_not_count(tmp_path):
    taken_back = results(tmp_path, voted("+2", "ann"), voted("+2", "bea"), voted("0", "bea"))
    assert taken_back == results(tmp_path, voted("+2", "ann"))
    assert taken_back == ["lost", "lost", "carried", "lost"]
    lifted = voted("+2", "bea"), voted("-2", "cas"), voted("+1", "cas")
    assert results(tmp_path, *lifted) == ["carried"] * 4


def test_machines_and_other_labels_do_not_vote_and_a_change_without_votes_is_lost(tmp_path):
    machine = voted("+2", "bot", bot="1"), voted("+2", "bea", label="Verified")
    assert results(tmp_path, *machine) == results(tmp_path) == ["lost"] * 4


def test_what_is_no_vote_is_named_with_its_line(tmp_path):
    with pytest.raises(ValueError, match="line 3: 'yes' is no vote"):
        results(tmp_path, voted("+2", "bea"), voted("yes", "cas"))


def test_a_line_without_a_voter_or_a_value_is_no_vote(tmp_path):
    cast = voted("+2", "ann"), voted("+2", "bea")
    assert results(tmp_path, *cast, voted("", "bea"), voted("-2", "")) == results(tmp_path, *cast)


def test_files_of_other_programs_are_read_or_refused_in_a_sentence(tmp_path):
    votes = tmp_path / "votes.csv"
    votes.write_text("change_no,label,value,voter\n1,Code-Review,+1,J\xf6rg\n", "utf-16")
    [one] = boards.read(votes)
    assert one.votes == {"J\xf6rg": 1}
    votes.write_text("change_no,label,value,voter\n1,Code-Review,+1,J\xf6rg\n", "latin-1")
    with pytest.raises(ValueError, match="line 2: no UTF-8"):
        boards.read(votes)
    votes.write_text("change,label,value\n", "utf-8")
    with pytest.raises(ValueError, match="has no column change_no, voter"):
        boards.read(votes)
