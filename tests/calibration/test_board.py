"""The board is what it says, is found to a fraction of a pixel, and no other is taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.board import PAPERS, drawn, find, screen_board, sharpness, squares
from calibration.errors import CalibrationError
from calibration.rendered.boards import A3, pose_at, sheet_of, shot
from calibration.rendered.optics import gray_of


@pytest.mark.parametrize("paper", PAPERS)
def test_what_is_printed_is_what_is_looked_for(paper):
    board = PAPERS[paper]
    own = np.full((board.rows * 80, board.columns * 80), 255, np.uint8)
    for rectangle in squares(board):
        x, y, width, height = (value * 80 / board.square for value in rectangle)
        own[round(y) : round(y + height), round(x) : round(x + width)] = 0
    found = find(cv2.copyMakeBorder(own, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255), [board])
    assert found.share == 1.0
    assert np.abs(found.image - (found.object[:, :2] * 80 / board.square + 39.5)).max() < 0.1


def test_papers_share_no_marker():
    numbers = [number for board in PAPERS.values() for number in board.numbers]
    screen, _ = screen_board(1080, 1920, 0.494)
    numbers += screen.numbers
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < 250


def test_corners_are_found_to_a_tenth_of_a_pixel(lens, sensor):
    rng = np.random.default_rng(0)
    pose = pose_at(lens, A3, np.array([500.0, 280.0]), 600.0, (20.0, -15.0, 5.0))
    found = find(gray_of(shot(lens, sensor, sheet_of(A3, lens), pose, rng)))
    turn = cv2.Rodrigues(pose.rotation)[0]
    true = cv2.projectPoints(found.object, turn, pose.translation, lens.matrix, lens.distortion)[0][:, 0]
    assert np.sqrt(((found.image - true) ** 2).mean()) < 0.1
    assert found.share > 0.8


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (2160, 3840), (768, 1366)])
def test_a_board_fills_every_screen(size):
    board, offset = screen_board(*size, 0.5)
    assert board.width <= size[0] * 0.5
    assert board.height <= size[1] * 0.5
    assert board.width * board.height > 0.75 * size[0] * size[1] * 0.25
    assert board.rows % 2 == 1
    assert (offset >= 0).all()


def test_the_wrong_board_is_named():
    with pytest.raises(CalibrationError, match="this is the a4 board: hold up the a3 one"):
        find(drawn(PAPERS["a4"], 40, 30), [PAPERS["a3"]])


def test_an_empty_picture_is_told_apart():
    with pytest.raises(CalibrationError, match="no board is seen"):
        find(np.full((360, 640), 128, np.uint8))


def test_blur_is_measured():
    crisp = drawn(PAPERS["a3"], 80, 60)
    soft = cv2.GaussianBlur(crisp, (0, 0), 3.0)
    assert sharpness(crisp, find(crisp)) < 2.0
    assert sharpness(soft, find(soft)) > 5.0


def test_boards_cut_by_the_picture_do_no_harm():
    """Corners that are guessed beyond the picture's rim are left out."""
    whole = drawn(PAPERS["a3"], 40, 30)
    for cut in range(40, 300, 35):
        for part in (whole[cut:], whole[:, cut:], whole[:-cut], whole[:, :-cut], whole[cut:, cut // 2 :]):
            try:
                found = find(np.ascontiguousarray(part))
            except CalibrationError:
                continue
            assert (found.image > 0).all()
            assert (found.image < np.array(part.shape[::-1]) - 1).all()
