"""The whole way: planned, made by worker processes, signed, recorded, kept; and what goes wrong costs only itself."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from lookbook_support import SMALL_SET, licence_of, make_pack, order_of
from PIL import Image
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.errors import CollectionError, OutputError
from kiosk.labels import export
from kiosk.labels.errors import LabelError
from kiosk.labels.keys import trusted_authorities
from kiosk.labels.provenance import SOURCE_TYPE
from kiosk.labels.verify import verify
from kiosk.lookbook import cluster
from kiosk.lookbook import lookbook as lookbook_module
from kiosk.lookbook.errors import CastError, LookbookError
from kiosk.lookbook.lookbook import failures, make_lookbook, opened
from kiosk.lookbook.making import make
from kiosk.lookbook.publishing import publish
from kiosk.rights.gate import Gate
from kiosk.rights.revocations import NAME, Revocation, Revocations, write_revocations

ONE_POSE = SMALL_SET[: SMALL_SET.rindex("[[pose]]")]


@pytest.fixture
def in_process(monkeypatch):
    """Tasks are made one after the other in this process: for what Dask has no part in."""

    class Here:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    def run(client, tasks):
        for task in tasks:
            try:
                yield cluster.Done(task, make(task))
            except LookbookError as error:
                yield cluster.Done(task, None, str(error))

    monkeypatch.setattr(cluster, "opened", lambda scheduler, workers: Here())
    monkeypatch.setattr(cluster, "cores", lambda client: 1)
    monkeypatch.setattr(cluster, "run", run)


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def files_under(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def served():
    """A scheduler and two workers as they run on other machines: processes of their own, known by an address."""
    with Served(2) as cluster_:
        yield cluster_


class Served:
    def __init__(self, workers: int) -> None:
        self.address = f"tcp://127.0.0.1:{_free_port()}"
        port = self.address.rsplit(":", 1)[1]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        start = "import sys; from distributed.cli.{0} import main; sys.exit(main())"
        module = [sys.executable, "-c", start.format("dask_scheduler")]
        self.scheduler = subprocess.Popen([*module, "--host", self.address, "--port", port, "--no-dashboard"], **quiet)
        worker = [sys.executable, "-c", start.format("dask_worker"), self.address, "--nthreads", "1", "--no-dashboard"]
        self.workers = [subprocess.Popen([*worker, "--no-nanny"], **quiet) for _ in range(workers)]

        while not _answers(int(port)):
            assert self.scheduler.poll() is None
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_one_of_two_workers_is_killed_and_all_pictures_are_made(served, cast, collection, tmp_path, gate, keys):
    studio = opened(order_of(collection, cast, tmp_path), gate, keys)
    jobs = tmp_path / "out" / "jobs"

    def kill_after_the_first() -> None:
        while not jobs.is_dir() or not any(jobs.glob("*.json")):
            time.sleep(0.02)
        served.workers[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_after_the_first)
    killer.start()
    figures = make_lookbook(studio, served.address, None, 0.05)
    killer.join()
    served.workers[0].wait()
    assert figures.failed == {}
    assert len(figures.made) == len(studio.jobs) == 8
    assert len(list(jobs.glob("*.json"))) == 8
    assert len({entry.fact.use_id for entry in gate.ledger.entries()}) == 8


def test_a_lost_scheduler_ends_the_run_and_keeps_what_is_finished(cast, collection, tmp_path, gate, keys):
    studio = opened(order_of(collection, cast, tmp_path), gate, keys)
    jobs = tmp_path / "out" / "jobs"
    with Served(1) as own:

        def kill_after_the_first() -> None:
            while not jobs.is_dir() or not any(jobs.glob("*.json")):
                time.sleep(0.02)
            own.scheduler.send_signal(signal.SIGKILL)

        killer = threading.Thread(target=kill_after_the_first)
        killer.start()
        with pytest.raises(LookbookError, match="lost: what is finished is kept"):
            make_lookbook(studio, own.address, None, 0.05)
        killer.join()
    done = len(list(jobs.glob("*.json")))
    assert 1 <= done < 8


def test_no_scheduler_at_the_address(cast, collection, tmp_path, gate, keys):
    studio = opened(order_of(collection, cast, tmp_path), gate, keys)
    address = f"tcp://127.0.0.1:{_free_port()}"
    with pytest.raises(LookbookError, match=address):
        make_lookbook(studio, address, None, 0.05)


def test_by_command_with_the_embedded_cluster_and_again(cast, collection, tmp_path, keys_folder):
    set_file = tmp_path / "set.toml"
    set_file.write_text('casting = ["ada"]\n' + ONE_POSE)
    out = tmp_path / "out"
    command = [
        "lookbook",
        "--set",
        str(set_file),
        "--out",
        str(out),
        "--collection",
        str(collection),
        "--cast",
        str(cast),
    ]
    command += ["--place", "DE", "--keys", str(keys_folder), "--ledger", str(tmp_path / "l"), "--workers", "1"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert "2 made, 0 kept, 0 failed" in first.output
    before = files_under(out / "stills") | files_under(out / "jobs")
    again = CliRunner().invoke(app, command)
    assert "0 made, 2 kept, 0 failed" in again.output
    assert files_under(out / "stills") | files_under(out / "jobs") == before
    report = json.loads((out / "report.json").read_text())
    assert report["kept"] == 2


def test_what_is_made_is_labelled_signed_recorded_and_complete(
    in_process, cast, collection, tmp_path, gate, keys, keys_folder
):
    text = 'casting = ["ada"]\n' + ONE_POSE + "[loop]\nseconds = 0.4\nfps = 6.0\nheight = 240\n"
    order = order_of(collection, cast, tmp_path, text, web=True)
    studio = opened(order, gate, keys)
    figures = make_lookbook(studio, None, None, 0.05)
    publish(studio)
    out = order.out
    kinds = {path.suffix for path in out.rglob("*") if path.is_file()}
    assert {".jpg", ".avif", ".webp", ".mp4", ".json", ".html", ".css", ".js", ".pdf"} <= kinds
    pictures = [path for path in out.rglob("*") if path.suffix in {".jpg", ".avif", ".webp", ".mp4"}]
    assert len(pictures) == 2 * (1 + 3 + 1)
    for path in pictures:
        verdict = verify(path, trusted_authorities(keys_folder))
        assert verdict.state == "trusted", (path, verdict)
        assert verdict.source_type == verdict.xmp_source_type == SOURCE_TYPE
        titles = [each["title"] for each in verdict.ingredients]
        assert titles[0].startswith("garment ")
        assert titles[1:] == ["licence of ada", "set Small"]
        assert set(verdict.models) == {"drape", "parts"}
    assert read(next((out / "stills").glob("*.jpg"))).shape == (480, 360, 3)
    facts = [entry.fact for entry in gate.ledger.entries()]
    assert [(fact.use, fact.amount) for fact in facts].count(("lookbook", 500)) == 4
    assert [(fact.use, fact.amount) for fact in facts].count(("web", 500)) == 4
    told = figures.as_dict()
    assert told["stills"]["count"] == told["loops"]["count"] == 2
    assert told["extrapolated"]["core_hours"] > 0
    pdf = pypdfium2.PdfDocument(out / "contact-sheet.pdf")
    assert len(pdf) == 1
    assert "coral-tee" in pdf[0].get_textpage().get_text_range()


def test_the_garment_is_in_the_picture_and_the_old_clothes_are_not(in_process, cast, collection, tmp_path, gate, keys):
    order = order_of(collection, cast, tmp_path, 'casting = ["ada"]\n' + ONE_POSE)
    make_lookbook(opened(order, gate, keys), None, None, 0.05)
    stills = (order.out / "stills").glob("*.jpg")
    pictures = {path.name.split("--")[0]: read(path) for path in stills}
    chests = {name: picture[330:400, 150:210].mean((0, 1)) for name, picture in pictures.items()}
    red, sand = chests["coral-tee"], chests["sand-long-sleeve"]
    assert red[0] > red[1] + 60
    assert sand.min() > 110
    wall = pictures["coral-tee"][10:60, 10:60].mean((0, 1))
    assert wall[2] > wall[0]  # the set's blue paper, not the clip's warm wall


def test_a_revocation_stops_what_is_not_made_yet(in_process, cast, collection, tmp_path, gate, keys):
    ended = Revocations().with_revoked(licence_of("bo").consent_sha256, Revocation(from_day=date(2020, 1, 1)))
    order = order_of(collection, cast, tmp_path, ONE_POSE)
    studio = opened(order, gate, keys)
    now_revoked = replace(studio, gate=replace(gate, revocations=ended))
    figures = make_lookbook(now_revoked, None, None, 0.05)
    assert len(figures.made) == 2
    assert all("bo" in name and "revoked" in reason for name, reason in figures.failed.items())
    assert not list((order.out / "stills").glob("*--bo--*"))
    write_revocations(cast / NAME, ended)
    with pytest.raises(CastError, match=r"twin bo may not be shown.*revoked"):
        opened(order, Gate.at(cast, tmp_path / "l", "DE"), keys)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_to": "2021-01-01"}, "valid from"),
        ({"places": ["US"]}, "does not cover DE"),
        ({"scope": ["mirror"]}, "does not cover lookbook"),
    ],
)
def test_a_cast_with_an_unlicensed_twin_is_refused_by_name(clip, collection, tmp_path, keys, changes, words):
    folder = tmp_path / "cast"
    make_pack(clip, folder / "ada", licence_of("ada"))
    make_pack(clip, folder / "eve", licence_of("eve", **changes))
    door = Gate.at(folder, tmp_path / "ledger.jsonl", "DE")
    with pytest.raises(CastError, match=f"the twin eve may not be shown.*{words}"):
        opened(order_of(collection, folder, tmp_path), door, keys)
    assert len(opened(order_of(collection, folder, tmp_path, 'casting = ["ada"]\n' + SMALL_SET), door, keys).jobs) == 4
    assert door.ledger.entries() == []


def test_a_damaged_twin_is_refused_by_name(cast, collection, tmp_path, gate, keys):
    with (cast / "bo" / "clip.mp4").open("ab") as file:
        file.write(b"x")
    with pytest.raises(CastError, match="bo"):
        opened(order_of(collection, cast, tmp_path), gate, keys)


def test_an_unreadable_garment_costs_only_itself(in_process, cast, tmp_path, gate, keys, collection):
    from shutil import copytree

    mixed = tmp_path / "mixed"
    copytree(collection, mixed)
    (mixed / "broken-tee.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    order = order_of(mixed, cast, tmp_path, 'casting = ["ada"]\n' + ONE_POSE)
    figures = make_lookbook(opened(order, gate, keys), None, None, 0.05)
    assert len(figures.made) == 2
    assert [name for name in figures.failed if "broken-tee" in name]
    problem = failures(figures)
    assert "broken-tee" in str(problem)
    assert "\n" not in str(problem)
    with pytest.raises(CollectionError):
        opened(replace(order, collection=tmp_path / "nothing"), gate, keys)


def test_a_full_disk_in_the_middle_keeps_what_is_finished_and_the_next_run_goes_on(
    in_process, cast, collection, tmp_path, gate, keys, monkeypatch
):
    order = order_of(collection, cast, tmp_path, ONE_POSE)
    studio = opened(order, gate, keys)
    real, written = Path.write_bytes, []

    def filling(self, data):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(self)
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", filling)
    with pytest.raises(OutputError, match="No space left"):
        make_lookbook(studio, None, None, 0.05)
    monkeypatch.undo()
    assert len(list((order.out / "jobs").glob("*.json"))) == 2
    assert not list(order.out.rglob(".*"))
    monkeypatch.setattr(lookbook_module.cluster, "opened", cluster.opened)
    figures = make_lookbook(opened(order, gate, keys), None, 1, 0.05)
    assert (figures.kept, len(figures.made)) == (2, 2)
    # the picture that was recorded but not written is owed once
    assert len({entry.fact.use_id for entry in gate.ledger.entries()}) == 4


def test_a_picture_that_cannot_be_signed_does_not_leave(in_process, cast, collection, tmp_path, gate, keys):
    order = order_of(collection, cast, tmp_path, ONE_POSE)
    with pytest.raises(LabelError):
        make_lookbook(opened(order, gate, replace(keys, key=b"no key")), None, None, 0.05)
    assert not [path for path in order.out.rglob("*") if path.suffix == ".jpg"]
    assert export.MEDIA[".jpg"] == "image/jpeg"


def test_a_missing_picture_is_made_again(in_process, cast, collection, tmp_path, gate, keys):
    order = order_of(collection, cast, tmp_path, 'casting = ["ada"]\n' + ONE_POSE)
    make_lookbook(opened(order, gate, keys), None, None, 0.05)
    lost = next((order.out / "stills").glob("coral-tee--*"))
    lost.unlink()
    figures = make_lookbook(opened(order, gate, keys), None, None, 0.05)
    assert (figures.kept, len(figures.made)) == (1, 1)
    assert lost.is_file()
    assert lost.stat().st_size > 10_000
