"""Pictures that the browser sent."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.dataset.uploads import pack
from core.dataset.ways_in import bring_in
from core.errors import StudioError
from tests.builders import picture, pictures_of

CATS = pictures_of({"cat": 3})


def sent(*names: str) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO(name.encode())) for name in names]


def test_uploads_of_one_name_are_all_kept(tmp_path):
    pack(sent("a.jpg", "a.jpg", "b/a", "b/a", ".x", ".x", "a.jpg"), tmp_path / "made.zip")
    names = zipfile.ZipFile(tmp_path / "made.zip").namelist()
    assert names == ["a.jpg", "a (2).jpg", "b/a", "b/a (2)", ".x", " (2).x", "a (3).jpg"]


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(28, "No space left on device")

    with pytest.raises(StudioError, match="disk is full"):
        pack([("a.jpg", Broken())], tmp_path / "up" / "made.zip")
    assert list((tmp_path / "up").iterdir()) == []


def shoot(context, data: bytes, group: str, label: str = "cat") -> None:
    context.workspace.uploads.mkdir(exist_ok=True)
    (context.workspace.uploads / "shot.jpg").write_bytes(data)
    args = {"way": "camera", "upload": "shot.jpg", "label": label, "group": group}
    for _ in bring_in(context, args):
        pass


def test_a_burst_is_on_one_side_however_many_pictures_it_has(context):
    for burst in range(6):
        for number in range(4):
            shoot(context, picture(seed=100 * burst + number), f"burst {burst}")
    images = context.catalog.images.all()
    assert len(images) == 24
    sides = {
        image.split_group: {i.side for i in images if i.split_group == image.split_group}
        for image in images
    }
    assert len(sides) == 6
    assert all(len(side) == 1 for side in sides.values())


def test_the_class_of_uploads_must_be_named(context):
    with pytest.raises(StudioError, match="no class"):
        shoot(context, CATS["cat/000.jpg"], "burst", "  ")
