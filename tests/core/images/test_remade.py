"""A working copy that is missing or empty is made again when somebody looks at it."""

from __future__ import annotations

import pytest

from core.dataset.new_pictures import NewPicture
from core.images.remade import present_copy
from tests.builders import picture, recording, run_import, tone

FILES = {
    "small.jpg": picture(),
    "large.jpg": picture(size=(900, 700)),
    "a.png": picture("PNG", size=(500, 450)),
    "a.wav": recording(tone(440.0)),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [None, b""])
def test_it_is_made_again_byte_for_byte(name, content, context):
    run_import(context, ([NewPicture(name, "x", None, lambda: FILES[name])], []))
    (image,) = context.catalog.images.all()
    copy = context.workspace.copy(image.id)
    before = copy.read_bytes()
    copy.unlink()
    if content is not None:
        copy.write_bytes(content)
    assert present_copy(context.workspace, image.id, context.settings) == copy
    assert copy.read_bytes() == before
    assert context.workspace.original(image.id, image.suffix).read_bytes() == FILES[name]


@pytest.mark.parametrize("content", [None, b"", b"something else", picture(seed=5)])
def test_without_its_original_there_is_none(content, context):
    run_import(context, ([NewPicture("a", "x", None, lambda: FILES["large.jpg"])], []))
    (image,) = context.catalog.images.all()
    original = context.workspace.original(image.id, image.suffix)
    original.unlink()
    if content is not None:
        original.write_bytes(content)
    context.workspace.copy(image.id).unlink()
    assert present_copy(context.workspace, image.id, context.settings) is None
    assert not context.workspace.copy(image.id).exists()


def test_one_that_is_there_is_not_touched(context):
    run_import(context, ([NewPicture("a", "x", None, lambda: FILES["large.jpg"])], []))
    (image,) = context.catalog.images.all()
    copy = context.workspace.copy(image.id)
    copy.write_bytes(b"as it is")
    assert present_copy(context.workspace, image.id, context.settings) == copy
    assert copy.read_bytes() == b"as it is"
