"""The rows of a change fit the screen, and what differs is seen."""

import pytest

from verify.report.fitted import fitted

WIDTH = 40
LONG = "        self.grad += (1 - t**2) * out.grad * (1 if len(str(self.data)) < 12 else "


def test_what_differs_at_the_end_of_long_rows_is_seen() -> None:
    """Both rows lose their beginning, at the same character, and keep what tells them apart."""
    before, after = fitted([f"-{LONG}1.001)", f"+{LONG}1)"], WIDTH)
    assert before == "-... en(str(self.data)) < 12 else 1.001)"
    assert after == "+... en(str(self.data)) < 12 else 1)"


@pytest.mark.parametrize("tail", ["", " * out.grad" * 20])
def test_rows_of_a_change_never_look_alike(tail: str) -> None:
    """Wherever two rows differ, and however much comes after it."""
    for place in range(120):
        rows = [f"-{'x' * place}1 + y{tail}", f"+{'x' * place}2 + y{tail}"]
        before, after = fitted(rows, WIDTH)
        assert before[1:] != after[1:]
        assert max(len(before), len(after)) <= WIDTH


def test_the_counterpart_of_a_row_is_the_likest_one() -> None:
    """A row that is put in above a changed one is not what that is held against."""
    rows = [f"-{LONG}1.001)", "+        s = self.data", f"+{LONG}1)"]
    before, added, after = fitted(rows, WIDTH)
    assert added == rows[1]
    assert before.endswith("else 1.001)")
    assert after.endswith("else 1)")


@pytest.mark.parametrize("row", [" context", "-    short = 1", f" {LONG}", f"-{LONG}1"])
def test_what_has_no_counterpart_ends_with_dots(row: str) -> None:
    """What is short stays as it is, and what is long is cut on the right."""
    (shown,) = fitted([row], WIDTH)
    assert shown == (row if len(row) <= WIDTH else f"{row[: WIDTH - 4]} ...".rstrip())


@pytest.mark.parametrize("more", [")", ", and what is the same behind both)"])
def test_what_is_put_in_is_seen_to_its_end(more: str) -> None:
    """Where it is no wider than the screen: a change of which the end is missing is none."""
    rows = [f"-    return N(x, ((a, 1),){more}", f"+    return N(x, ((a, 1), (b, -self.x)){more}"]
    before, after = fitted(rows, WIDTH)
    assert "(a, 1), (b, -self.x))" in after
    assert "(a, 1),)" in before
    assert max(len(before), len(after)) <= WIDTH
