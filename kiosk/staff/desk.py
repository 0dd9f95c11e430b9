"""The staff's screens as states: a thread of its own does what is asked, the screen draws the newest sheet."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from engines.errors import TwinMirrorError
from kiosk import doctor
from kiosk.catalogue.importing import import_collection
from kiosk.catalogue.records import CollectionRow
from kiosk.catalogue.store import Catalogue
from kiosk.config import Settings
from kiosk.imaging import staged_output
from kiosk.preparing import thumbnail_of
from kiosk.staff.adding import STICKS, Found, found_in, take_in
from kiosk.staff.pin import DIGITS, PinError, try_pin

_log = logging.getLogger(__name__)
ROWS: Final = 5
_MORNING: Final = 6
_NOTHING_ILL: Final = "E0"
_CODES: Final = {"camera": "E1", "display": "E2", "models": "E3", "disk": "E4", "clock": "E5", "database": "E6"}
"""Of a mirror that is out of order, by the first part that is ill; `kiosk doctor` tells more."""
Said = tuple[str, dict[str, str]]
"""A key of the screen's catalogues and what fills its places."""
NOTHING: Final[Said] = ("", {})


@dataclass(frozen=True)
class Row:
    """A line that can be tapped, by its name; `note` is said in the screen's language, `plain` as it is.

    part: in the place of a title, a part of the machine: the end of a catalogue's key "staff.part.".
    """

    name: str
    title: str
    note: Said = NOTHING
    plain: str = ""
    chosen: bool = False
    thumbnail: Path | None = None
    part: str = ""


@dataclass(frozen=True)
class Sheet:
    """What the staff's screen shows.

    page: "closed", "order" for a mirror that is out of order, "restart" for one that is to begin anew, "pin",
    "collections", "garments", "photos" or "status". actions: what can be done on it. digits: how
    many of a PIN have been typed. more: whether there are further rows. busy: whether something is under way.
    """

    page: str = "closed"
    rows: tuple[Row, ...] = ()
    actions: tuple[str, ...] = ()
    told: Said = NOTHING
    plain: str = ""
    digits: int = 0
    more: bool = False
    busy: bool = False

    @property
    def resting(self) -> bool:
        """Whether no staff is at the mirror."""
        return self.page in {"closed", "order"}


class Desk:
    """Takes what staff tap, by `press`, and shows what came of it in `sheet`."""

    def __init__(self, settings: Settings, camera: Callable[[], str], sticks: tuple[Path, ...] = STICKS) -> None:
        """`camera` says how the camera is: the end of a catalogue's key "staff.camera."."""
        self._settings, self._camera, self._sticks = settings, camera, sticks
        self._asked: SimpleQueue[str] = SimpleQueue()
        self._typed = ""
        self._first = 0
        self._collection = 0
        self._found: list[Found] = []
        self._verdicts: dict[Path, Row] = {}
        self._thread = threading.Thread(target=self._run, name="staff", daemon=True)
        self.sheet = self._rest()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def open(self) -> None:
        """Ask for the PIN."""
        self.sheet = Sheet("pin")
        self._asked.put("start")

    def close(self) -> None:
        """Back to the shoppers' screens; whoever comes next needs the PIN."""
        self.sheet = self._rest()
        self._asked.put("forget")

    def stop(self) -> None:
        """End the thread."""
        self._asked.put("stop")
        self._thread.join()

    def press(self, name: str) -> None:
        """Something was tapped; what comes while something else is under way is left out."""
        if name == "close":
            self.close()
        elif not self.sheet.busy:
            self.sheet = replace(self.sheet, busy=not name.startswith("digit-"))
            self._asked.put(name)

    def _run(self) -> None:
        while (name := self._asked.get()) != "stop":
            page = self.sheet.page
            if self.sheet.resting:
                self._typed = ""
                continue
            try:
                with closing(Catalogue(self._settings.data)) as catalogue:
                    sheet = self._pin(catalogue, name) if page == "pin" else self._page(catalogue, page, name)
            except TwinMirrorError as error:
                _log.warning("%s", error)
                sheet = replace(self.sheet, plain=str(error), told=NOTHING, busy=False)
            if self.sheet.page == page:  # it may have been closed meanwhile
                self.sheet = sheet

    def _rest(self) -> Sheet:
        """What is shown without staff; a mirror that is out of order stays so through every restart."""
        try:
            return Sheet("order", plain=self._order.read_text(encoding="ascii")[:8])
        except (OSError, ValueError):
            return Sheet()

    @property
    def _order(self) -> Path:
        return self._settings.data / "out-of-order"

    def _pin(self, catalogue: Catalogue, name: str) -> Sheet:
        if name.startswith("digit-"):
            self._typed = (self._typed + name[-1])[: DIGITS[1]]
            return Sheet("pin", digits=len(self._typed))
        typed, self._typed = self._typed, ""
        if name != "enter":
            return Sheet("pin") if catalogue.pin() else Sheet("pin", told=("staff.nopin", {}))
        try:
            try_pin(catalogue, typed, time.time())
        except PinError as error:
            wrong = ("staff.locked", {"seconds": f"{error.wait_s:.0f}"}) if error.wait_s else ("staff.wrong", {})
            return Sheet("pin", told=wrong)
        _log.info("the staff's screens were opened")
        self._collection = catalogue.on_show(time.time()) or 0
        self._first = 0
        return self._collections(catalogue)

    def _page(self, catalogue: Catalogue, page: str, name: str) -> Sheet:
        verb, _, place = name.partition(":")
        if verb in {"collections", "garments", "photos", "status"}:
            self._first, page = 0, verb
        elif verb == "more":
            self._first += ROWS
        if verb in {"restart", "outoforder", "inorder"}:
            return self._changed(verb)
        draw: Callable[[Catalogue], Sheet] = getattr(self, f"_{page}")
        if verb == "pick":
            return self._picked(catalogue, page, int(place))
        if verb in {"show", "tomorrow", "undo"}:
            told = getattr(self, f"_{verb}")(catalogue)
            return replace(draw(catalogue), told=told)
        return draw(catalogue)

    def _changed(self, verb: str) -> Sheet:
        """Take the mirror out of service, or put it back; the code tells technicians what to look at."""
        _log.info("staff: %s", verb)
        if verb == "restart":
            return Sheet("restart")
        if verb == "inorder":
            self._order.unlink(missing_ok=True)
        else:
            ill = [_CODES[f.part] for f in self._findings() if f.level is doctor.Level.ILL]
            if self._camera() == "none":
                ill.insert(0, _CODES["camera"])
            with staged_output(self._order) as stage:
                stage.write_text(ill[0] if ill else _NOTHING_ILL, encoding="ascii")
        return self._rest()

    def _findings(self) -> list[doctor.Finding]:
        settings = self._settings
        return [doctor.models(), doctor.disk(settings), doctor.clock(settings), doctor.database(settings)]

    def _show(self, catalogue: Catalogue) -> Said:
        catalogue.activate(self._collection, time.time())
        return "staff.shown", {}

    def _tomorrow(self, catalogue: Catalogue) -> Said:
        morning = (datetime.now().astimezone() + timedelta(days=1)).replace(hour=_MORNING, minute=0, second=0)
        catalogue.activate(self._collection, time.time(), morning.timestamp())
        return "staff.scheduled", {"when": morning.strftime("%Y-%m-%d %H:%M")}

    def _undo(self, catalogue: Catalogue) -> Said:
        self._collection = catalogue.undo(time.time()) or 0
        return "staff.undone", {}

    def _picked(self, catalogue: Catalogue, page: str, place: int) -> Sheet:
        if page == "collections":
            self._collection = place
            return self._collections(catalogue)
        if page == "garments":
            catalogue.hide(place, hidden=not catalogue.is_hidden(place))
            return self._garments(catalogue)
        if page == "photos":
            self._try(catalogue, self._found[place])
        return self._photos(catalogue, again=False)

    def _collections(self, catalogue: Catalogue) -> Sheet:
        now = time.time()
        newest: dict[str, CollectionRow] = {}
        for row in catalogue.collections(now):
            if row.active or row.due is not None or row.key not in newest:
                newest.setdefault(row.key if not row.active else f"{row.key}!", row)
        rows = list(newest.values())
        if self._first >= len(rows):
            self._first = 0
        shown = tuple(
            Row(f"pick:{row.number}", row.title, _standing(row), chosen=row.number == self._collection)
            for row in rows[self._first :][:ROWS]
        )
        return Sheet("collections", shown, ("show", "tomorrow", "undo", "garments"), more=len(rows) > ROWS)

    def _garments(self, catalogue: Catalogue) -> Sheet:
        after = self._first - 1
        found = catalogue.verdicts(self._collection, after, ROWS + 1)
        if not found:
            self._first = 0
            found = catalogue.verdicts(self._collection, -1, ROWS + 1)
        more = len(found) > ROWS or self._first > 0
        rows = []
        for _, verdict in found[:ROWS]:
            note = "hidden" if verdict.hidden else verdict.state
            piece = catalogue.garment(self._collection, verdict.name)
            picture = thumbnail_of(piece) if verdict.state == "ready" else None
            rows.append(
                Row(
                    f"pick:{verdict.number}", verdict.title, (f"staff.{note}", {}), verdict.reason, verdict.hidden,
                    picture if picture and picture.is_file() else None,
                )
            )  # fmt: skip
        return Sheet("garments", tuple(rows), told=("staff.taptohide", {}), more=more)

    def _photos(self, _catalogue: Catalogue, again: bool = True) -> Sheet:
        if again:
            self._found, self._verdicts = found_in(self._sticks), {}
        if self._first >= len(self._found):
            self._first = 0
        rows = []
        for place, found in list(enumerate(self._found))[self._first :][:ROWS]:
            kind = "staff.whole" if found.whole else "staff.photo"
            row = self._verdicts.get(found.path) or Row("", found.path.name, (kind, {}))
            rows.append(replace(row, name=f"pick:{place}"))
        told: Said = ("staff.taptoadd", {}) if rows else ("staff.nostick", {})
        return Sheet("photos", tuple(rows), told=told, more=len(self._found) > ROWS)

    def _try(self, catalogue: Catalogue, found: Found) -> None:
        """Take something in from the stick, and keep what came of it as its row."""
        title = found.path.name
        try:
            if found.whole:
                imported = import_collection(found.path, self._settings.data, catalogue)
                note: Said = ("staff.imported", {"count": str(imported.garments)})
                row = Row("", imported.title, note, chosen=True)
            else:
                shown = catalogue.on_show(time.time()) or 0
                piece = take_in(found.path, self._settings.data, catalogue, shown)
                row = Row("", piece.title, ("staff.added", {}), chosen=True)
        except TwinMirrorError as error:
            row = Row("", title, ("staff.refused", {}), str(error).replace(str(found.path), title))
        self._verdicts[found.path] = row

    def _status(self, _catalogue: Catalogue) -> Sheet:
        rows = [Row("", "", (f"staff.camera.{self._camera()}", {}), part="camera")]
        for finding in self._findings():
            well: Said = ("staff.well" if finding.level is doctor.Level.WELL else "staff.look", {})
            plain = ". ".join(filter(None, (finding.says, finding.mend)))
            rows.append(Row("", "", well, plain, part=finding.part))
        return Sheet("status", tuple(rows), ("restart", "inorder" if self._order.exists() else "outoforder"))


def _standing(row: CollectionRow) -> Said:
    """Where a collection stands, in a line."""
    counts = {"ready": str(row.ready), "all": str(row.ready + row.waiting + row.refused)}
    if row.active:
        return "staff.onshow", counts
    if row.due is not None:
        return "staff.due", {**counts, "when": datetime.fromtimestamp(row.due).astimezone().strftime("%d.%m. %H:%M")}
    return "staff.ready.count", counts
