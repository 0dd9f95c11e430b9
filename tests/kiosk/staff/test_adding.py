"""What is found on a stick, and that the search is bounded."""

from __future__ import annotations

from kiosk.staff.adding import found_in


def test_photos_and_collections_are_found_and_links_are_not_followed(tmp_path):
    stick = tmp_path / "STICK"
    (stick / "photos").mkdir(parents=True)
    (stick / "spring").mkdir()
    (stick / ".trash").mkdir()
    for name in (
        "photos/tee.JPG",
        "photos/notes.txt",
        "spring/red.png",
        "spring/collection.toml",
        ".trash/x.png",
        "a.zip",
    ):
        (stick / name).touch()
    (stick / "loop").symlink_to(stick)
    found = found_in((tmp_path, tmp_path / "none"))
    assert [(each.path.relative_to(stick).as_posix(), each.whole) for each in found] == [
        ("a.zip", True),
        ("photos/tee.JPG", False),
        ("spring", True),
    ]


def test_a_full_stick_does_not_take_for_ever(tmp_path):
    for number in range(300):
        (tmp_path / f"{number}.png").touch()
    deep = tmp_path / "a" / "b" / "c" / "d" / "e"
    deep.mkdir(parents=True)
    (deep / "deep.png").touch()
    assert len(found_in((tmp_path,))) == 200
