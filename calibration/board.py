"""The ChArUco board: its layout, how it is drawn, and how it is found.

Each paper has marker numbers of its own, so the board in a picture tells by itself which it is and how large its
squares are. Method: Garrido-Jurado et al., "Automatic generation and detection of highly reliable fiducial markers
under occlusion" (2014), chessboard corners between markers as in OpenCV's objdetect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import CalibrationError

F64 = NDArray[np.float64]
Gray = NDArray[np.uint8]
_DICTIONARY: Final = cv2.aruco.DICT_4X4_250
_MODULES: Final = 6
"""Of a marker's side: four bits and a border of one."""
_FEWEST_CORNERS: Final = 12
_POOR: Final = 0.6
_ENOUGH: Final = 40
"""A second, closer look is worth its time below this share of the corners, or below this number of them."""
_FLAT_ENOUGH: Final = 0.85
"""Share of the corners that a homography alone must explain, or the lens bends much."""
_FEWEST_FOR_BEND: Final = 30
_SMALLEST: Final = 0.02
"""A marker's outline, as a share of the picture's longer side: a board on the floor is far off."""
_RIM: Final = 0.12
"""White between a square's edge and its marker, as a share of the square."""


@dataclass(frozen=True)
class Board:
    """columns x rows squares of `square` mm with markers of `marker` mm, numbered from `first`."""

    name: str
    columns: int
    rows: int
    square: float
    marker: float
    first: int

    @property
    def width(self) -> float:
        """Of the chessboard, in mm."""
        return self.columns * self.square

    @property
    def height(self) -> float:
        """Of the chessboard, in mm."""
        return self.rows * self.square

    @property
    def numbers(self) -> range:
        """Of the markers."""
        return range(self.first, self.first + self.columns * self.rows // 2)

    def corners(self) -> F64:
        """All inner corners (n, 3) in mm, z = 0."""
        return np.asarray(_charuco(self)[0].getChessboardCorners(), np.float64)


PAPERS: Final = {
    "a4": Board("a4", 11, 7, 24.0, 18.0, 0),
    "a3": Board("a3", 11, 7, 35.0, 26.0, 38),
    "a2": Board("a2", 7, 5, 76.0, 54.0, 76),
    "a1": Board("a1", 7, 5, 110.0, 78.0, 114),
}
"""Boards by the paper (landscape) that they are printed on: the first two to hold up, the others for the floor."""
PAPER_MM: Final = {"a4": (297.0, 210.0), "a3": (420.0, 297.0), "a2": (594.0, 420.0), "a1": (841.0, 594.0)}
_SCREEN_FIRST: Final = 152
_SCREEN_SQUARES: Final = 14
"""Along the screen's longer side."""


def screen_board(width: int, height: int, pitch: float) -> tuple[Board, F64]:
    """The board that fills a screen of width x height pixels of `pitch` mm, and its offset (x, y, 0) on it in mm."""
    side = max(width, height) // _SCREEN_SQUARES
    columns, rows = width // side, height // side
    rows -= 1 - rows % 2  # an odd number of rows is read alike by every version of OpenCV
    board = Board("screen", columns, rows, side * pitch, 0.75 * side * pitch, _SCREEN_FIRST)
    offset = np.array([width - columns * side, height - rows * side, 0.0]) // 2 * pitch
    return board, np.asarray(offset, np.float64)


@dataclass(frozen=True)
class Detection:
    """The corners of one board that were found in one picture.

    image: (n, 2) pixels. object: (n, 3) mm on the board, z = 0. picture_size: (width, height).
    """

    board: Board
    image: F64
    object: F64
    picture_size: tuple[int, int]

    @property
    def corners(self) -> int:
        """As many as the board has."""
        return (self.board.columns - 1) * (self.board.rows - 1)

    @property
    def share(self) -> float:
        """Of all corners of the board."""
        return len(self.image) / self.corners


def _parameters() -> Any:
    parameters = cv2.aruco.DetectorParameters()
    parameters.minMarkerPerimeterRate = _SMALLEST
    # Bits are read in the middle of their cells only, finely: blur runs into the rest of small ones
    parameters.perspectiveRemovePixelPerCell = 8
    parameters.perspectiveRemoveIgnoredMarginPerCell = 0.3
    return parameters


@cache
def _charuco(board: Board) -> tuple[Any, Any]:
    layout = cv2.aruco.CharucoBoard(
        (board.columns, board.rows),
        board.square,
        board.marker,
        cv2.aruco.getPredefinedDictionary(_DICTIONARY),
        np.array(board.numbers, np.int32),
    )
    interpolation = cv2.aruco.CharucoParameters()
    interpolation.minMarkers = 1
    return layout, cv2.aruco.CharucoDetector(layout, interpolation, _parameters())


def squares(board: Board) -> list[tuple[float, float, float, float]]:
    """The black rectangles (x, y, width, height) of the board in mm, markers bit by bit: what a printer draws."""
    dictionary = cv2.aruco.getPredefinedDictionary(_DICTIONARY)
    margin, module = (board.square - board.marker) / 2, board.marker / _MODULES
    black, numbers = [], iter(board.numbers)
    for row in range(board.rows):
        for column in range(board.columns):
            x, y = column * board.square, row * board.square
            if (row + column) % 2 == 0:
                black.append((x, y, board.square, board.square))
                continue
            bits = cv2.aruco.generateImageMarker(dictionary, next(numbers), _MODULES)
            for j, i in np.argwhere(bits == 0):
                black.append((x + margin + i * module, y + margin + j * module, module, module))
    return black


def drawn(board: Board, pixels: int, margin: int = 0) -> Gray:
    """The board as a picture, 0 and 255, with squares of so many whole pixels and a white margin in pixels."""
    picture = _charuco(board)[0].generateImage((board.columns * pixels, board.rows * pixels), marginSize=0)
    return np.asarray(
        cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(255,)), np.uint8
    )


def find(gray: Gray, boards: Iterable[Board] = PAPERS.values()) -> Detection:
    """The board of `boards` of which most is seen in an 8-bit picture (H, W).

    Raises `CalibrationError` where none is seen well enough, naming the wrong one where there is one.
    """
    boards = list(boards)
    found, numbers = _best(gray, boards, 1)
    if found is None or len(found.image) < min(_ENOUGH, _POOR * found.corners):
        closer, more = _best(gray, boards, 2)  # small or soft markers are read better in an enlarged picture
        found = max((d for d in (found, closer) if d is not None), key=lambda d: len(d.image), default=None)
        numbers = max(numbers, more, key=len)
    if found is not None and len(found.image) >= _FEWEST_CORNERS:
        return found
    raise CalibrationError(_why_not(numbers, boards))


def _best(gray: Gray, boards: list[Board], scale: int) -> tuple[Detection | None, list[int]]:
    """The board of which most is seen with the picture enlarged, and the numbers of all markers seen."""
    large = gray if scale == 1 else cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    corners, ids, _ = _markers().detectMarkers(large)
    numbers = [] if ids is None else [int(number) for number in ids.ravel()]
    found = [
        _corners(gray, large, scale, board, corners, ids)
        for board in boards
        if sum(n in board.numbers for n in numbers) >= 4
    ]
    return max((d for d in found if d is not None), key=lambda d: len(d.image), default=None), numbers


@cache
def _markers() -> Any:
    return cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(_DICTIONARY), _parameters())


def _corners(gray: Gray, large: Gray, scale: int, board: Board, markers: Any, ids: Any) -> Detection | None:
    layout, detector = _charuco(board)
    own = np.isin(ids.ravel(), board.numbers)
    mine = [corner for corner, yes in zip(markers, own, strict=True) if yes]
    image, numbers, _, _ = detector.detectBoard(large, markerCorners=mine, markerIds=ids[own])
    if numbers is None or len(numbers) < 4:
        return None
    rough = ((np.asarray(image, np.float32).reshape(-1, 2) + 0.5) / scale - 0.5).astype(np.float32)
    places = np.asarray(layout.getChessboardCorners()[numbers.ravel()], np.float64)
    height, width = gray.shape
    inside = ((rough > 0) & (rough < np.array([width - 1, height - 1]))).all(1)
    rough, places = rough[inside], places[inside]
    if len(rough) < 4:
        return None
    image, sure = _refined(gray, rough)
    image, places = image[sure], places[sure]
    if len(image) >= _FEWEST_CORNERS:
        sure = _consistent(image, places[:, :2] / board.square)
        image, places = image[sure], places[sure]
    return Detection(board, image, places, (width, height))


def _refined(gray: Gray, rough: NDArray[np.float32]) -> tuple[F64, NDArray[np.bool_]]:
    """Corners to a fraction of a pixel (Förstner's method), and whether each is sure.

    Looking no farther than the white rim around the markers keeps these out; at the picture's rim, or where the
    search ran off, something else than a corner was found.
    """
    apart = np.linalg.norm(rough[:, None] - rough, axis=2)
    apart[apart == 0] = np.inf
    half = int(np.clip(_RIM * np.median(apart.min(1)), 2, 7))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 1e-3)
    fine = cv2.cornerSubPix(gray, rough.copy().reshape(-1, 1, 2), (half, half), (-1, -1), criteria).reshape(-1, 2)
    rim = np.minimum(fine, np.array(gray.shape[::-1]) - 1 - fine).min(1)
    sure = (rim > half + 2) & (np.linalg.norm(fine - rough, axis=1) < max(half / 2, 1.5))
    return np.asarray(fine, np.float64), np.asarray(sure)


def _consistent(image: F64, places: F64) -> NDArray[np.bool_]:
    """Which corners lie where their neighbours want them: a homography, and where that is not enough a bend."""
    homography, inliers = cv2.findHomography(places, image, cv2.RANSAC, 1.5)
    if homography is None:
        return np.zeros(len(image), np.bool_)
    flat = inliers.ravel() > 0
    if flat.mean() < _FLAT_ENOUGH:
        homography, inliers = cv2.findHomography(places, image, cv2.RANSAC, 4.0)
        flat = inliers.ravel() > 0
    off = image - cv2.perspectiveTransform(places[:, None], homography)[:, 0]
    if flat.sum() >= _FEWEST_FOR_BEND:
        off = off - _bend(places, off, flat)
    away = np.linalg.norm(off, axis=1)
    return np.asarray(away < max(0.4, 4.0 * float(np.median(away[flat]))))


def _bend(places: F64, off: F64, kept: NDArray[np.bool_]) -> F64:
    """The lens's smooth part (n, 2) of residuals `off`, of second order, fitted where `kept`, then without strays."""
    x, y = (places - places.mean(0)).T
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1)
    for _ in range(2):
        fit = np.linalg.lstsq(terms[kept], off[kept], rcond=None)[0]
        away = np.linalg.norm(off - terms @ fit, axis=1)
        kept = kept & (away < max(0.4, 4.0 * float(np.median(away[kept]))))
    return np.asarray(terms @ fit)


def _why_not(numbers: list[int], boards: list[Board]) -> str:
    others = [b for b in PAPERS.values() if b not in boards and sum(n in b.numbers for n in numbers) >= 4]
    wanted = " or ".join(board.name for board in boards)
    if others:
        return f"this is the {others[0].name} board: hold up the {wanted} one"
    if len(numbers) >= 4:
        return "markers are seen, but no whole board: hold it closer, flatter and uncovered, or print our own"
    return f"no board is seen: hold the {wanted} board into the picture, lit evenly and sharp"


def sharpness(gray: Gray, detection: Detection) -> float:
    """Width in pixels of the edge between black and white, the median over the corners seen; 1 is crisp.

    Between two neighbouring corners the chessboard changes along the line of its squares' edge; across that edge the
    step's greatest slope gives the width of an equal ramp.
    """
    slopes = [s for s in (_slope(gray, a, b) for a, b in _neighbours(detection)) if s > 0]
    return float(1.0 / np.median(slopes)) if slopes else float("inf")


def _neighbours(detection: Detection) -> list[tuple[F64, F64]]:
    places = {tuple(np.round(o[:2] / detection.board.square).astype(int)): i for i, o in enumerate(detection.object)}
    pairs = [(places[x, y], places[x + 1, y]) for x, y in places if (x + 1, y) in places]
    pairs += [(places[x, y], places[x, y + 1]) for x, y in places if (x, y + 1) in places]
    return [(detection.image[i], detection.image[j]) for i, j in pairs]


def _slope(gray: Gray, start: F64, end: F64) -> float:
    """Steepest change a pixel across the edge from corner to corner, as a share of the step; 0 where unseen.

    Profiles are taken at a quarter and three quarters of the edge, where no marker is near.
    """
    along = end - start
    length = float(np.linalg.norm(along))
    if length < 6.0:
        return 0.0
    across = np.array([-along[1], along[0]]) / length
    reach = min(0.12 * length, 8.0)
    steps = np.arange(-reach, reach + 0.25, 0.25)
    best = 0.0
    for share in (0.3, 0.5, 0.7):
        line = (start + share * along + steps[:, None] * across).astype(np.float32)
        values = cv2.remap(gray.astype(np.float32), line[:, :1], line[:, 1:], cv2.INTER_LINEAR).ravel()
        step = abs(float(values[-1] - values[0]))
        if step > 20:
            best = max(best, float(np.abs(np.diff(values)).max()) / 0.25 / step)
    return best
