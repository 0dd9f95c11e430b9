"""The printed board, rasterised: every millimetre is where it should be."""

from __future__ import annotations

import numpy as np
import pypdfium2
import pytest

from calibration.board import PAPER_MM, PAPERS, find
from kiosk.calibrate.sheet import RULE_MM, board_corner, write_board

DPMM = 4.0


def _rasterised(path):
    document = pypdfium2.PdfDocument(path)
    try:
        page = document[0]
        size = page.get_size()
        picture = page.render(scale=DPMM * 25.4 / 72, grayscale=True).to_numpy().copy()
    finally:
        document.close()
    return picture, size


@pytest.mark.parametrize("paper", PAPERS)
def test_corners_lie_where_they_should_to_a_tenth_of_a_millimetre(tmp_path, paper):
    write_board(tmp_path / "b.pdf", paper)
    picture, size = _rasterised(tmp_path / "b.pdf")
    assert np.allclose(np.array(size) / 72 * 25.4, PAPER_MM[paper], atol=0.01)
    found = find(picture)
    assert found.board == PAPERS[paper]
    assert found.share == 1.0
    # The rasteriser draws the page out to whole pixels
    measured = (found.image + 0.5) / picture.shape[::-1] * PAPER_MM[paper] - board_corner(paper)
    assert np.abs(measured - found.object[:, :2]).max() < 0.1


@pytest.mark.parametrize("paper", PAPERS)
def test_the_rule_is_as_long_as_it_says_and_clear_of_the_board(tmp_path, paper):
    write_board(tmp_path / "b.pdf", paper)
    picture, _ = _rasterised(tmp_path / "b.pdf")
    bottom = board_corner(paper)[1] + PAPERS[paper].height
    below = picture[round((bottom + 2) * DPMM) :]
    dark = (below < 160).sum(1)
    row = below[int(dark.argmax())] < 160
    columns = np.nonzero(row)[0]
    assert (columns[-1] - columns[0] + 1) / DPMM == pytest.approx(RULE_MM, abs=0.5)
    assert (picture[round((bottom + 0.5) * DPMM) : round((bottom + 2) * DPMM)] > 200).all()
    ticks = below[int(dark.argmax()) - round(1.0 * DPMM)] < 160
    assert np.count_nonzero(np.diff(ticks.astype(int)) == 1) == 21


def test_the_same_board_is_the_same_file(tmp_path):
    for name in "ab":
        write_board(tmp_path / f"{name}.pdf", "a4")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
