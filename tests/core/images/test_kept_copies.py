"""Copies that are kept are those on disk, and never more than there is room for."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import WorkspaceError
from core.images import kept_copies as module
from core.images.kept_copies import KeptCopies
from core.images.working_copy import read_copy
from tests.builders import fill


@pytest.mark.parametrize("room", [0, 10_000, 10**9])
def test_what_is_read_is_the_working_copy_whatever_is_kept(context, monkeypatch, room):
    monkeypatch.setattr(module, "MAX_BYTES", room)
    ids = [image.id for image in fill(context, {"a": 3})]
    copies = KeptCopies(context.workspace)
    for image_id in (*ids, *ids):
        expected = np.asarray(read_copy(context.workspace, image_id))
        np.testing.assert_array_equal(np.asarray(copies.read(image_id)), expected)
    one = 4 * 48 * 32
    assert len(copies._kept) == min(3, room // one)


def test_a_copy_that_is_gone_is_said(context):
    (image, *_) = fill(context, {"a": 2})
    context.workspace.copy(image.id).unlink()
    with pytest.raises(WorkspaceError, match="gone"):
        KeptCopies(context.workspace).read(image.id)
