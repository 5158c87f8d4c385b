"""Lengths of spans in a stretch, counted through sums, equal cutting the spans and adding up."""

from hypothesis import given
from hypothesis import strategies as st

from cmdb.intervals import Lengths, clip, length, union

MOMENTS = st.integers(-20, 120)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=12), MOMENTS, MOMENTS)
def test_lengths_between_two_moments_equal_the_spans_cut_to_them(parts, start, end):
    spans = union(parts)
    assert Lengths(spans).between(start, end) == length(clip(spans, (start, end)))
