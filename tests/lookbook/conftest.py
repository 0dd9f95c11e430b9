"""A cast of two, a collection of two garments, keys and a door: made once, as looking at a clip takes seconds."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the importlib mode of pytest knows no folder of helpers

from lookbook_support import licence_of, make_clip, make_pack, plain_garment

from engines.garments import store
from engines.garments.garment import Category
from kiosk.labels.keys import SigningKeys, load, set_up
from kiosk.rights.gate import Gate


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clip") / "demo"
    make_clip(folder)
    return folder


@pytest.fixture(scope="session")
def shared_cast(tmp_path_factory, clip) -> Path:
    folder = tmp_path_factory.mktemp("cast")
    for name in ("ada", "bo"):
        make_pack(clip, folder / name, licence_of(name))
    return folder


@pytest.fixture
def cast(shared_cast, tmp_path) -> Path:
    """A cast that a test may change."""
    shutil.copytree(shared_cast, tmp_path / "cast")
    return tmp_path / "cast"


@pytest.fixture(scope="session")
def collection(tmp_path_factory) -> Path:
    """Two added garments, of plain cloth."""
    folder = tmp_path_factory.mktemp("collection")
    store.save(plain_garment("coral-tee", Category.TEE, (206, 84, 66)), folder / "coral-tee")
    store.save(plain_garment("sand-long-sleeve", Category.LONG_SLEEVE, (204, 182, 148)), folder / "sand-long-sleeve")
    return folder


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("signing") / "keys"
    set_up(folder, "Maison Exemple")
    return folder


@pytest.fixture(scope="session")
def keys(keys_folder) -> SigningKeys:
    return load(keys_folder)


@pytest.fixture
def gate(cast, tmp_path) -> Gate:
    return Gate.at(cast, tmp_path / "ledger.jsonl", "DE")
