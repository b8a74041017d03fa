"""The examples of a bundle: whole pictures, or a sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.bundle.evaluation import Evaluation, Judged
from core.bundle.examples import write_examples
from core.errors import WorkspaceError
from core.leaks import Leak
from core.serving.layout import EXAMPLES, RECORDED
from tests.builders import fill


@pytest.fixture
def evaluation(context):
    images = tuple(fill(context, {"cat": 2, "dog": 2}))
    judged = Judged(images, ("cat", "dog"), np.zeros(4, np.int64), np.full((4, 2), 0.5))
    leak = Leak("valid", 0, judged.accuracy, judged.accuracy, searched=True, not_searched=0)
    return Evaluation(judged, judged, leak, leak, 1.0)


def test_examples_are_working_copies_with_their_answers(context, evaluation, tmp_path):
    write_examples(context, evaluation, tmp_path)
    files = {file.name: file.read_bytes() for file in (tmp_path / EXAMPLES).iterdir()}
    copies = [context.workspace.copy(image.id).read_bytes() for image in evaluation.valid.images]
    assert sorted(files.values()) == sorted(copies)
    assert set(json.loads((tmp_path / RECORDED).read_text(encoding="utf-8"))) == set(files)


@pytest.mark.parametrize("content", [None, b"", 200])
def test_a_copy_that_is_gone_or_damaged_is_named_and_never_exported(
    content, context, evaluation, tmp_path
):
    image = evaluation.valid.images[1]
    copy = context.workspace.copy(image.id)
    data = copy.read_bytes()
    copy.unlink()
    if content is not None:
        copy.write_bytes(data[:content] if isinstance(content, int) else content)
    with pytest.raises(WorkspaceError, match=image.id[:12]):
        write_examples(context, evaluation, tmp_path)
    assert not (tmp_path / RECORDED).exists()
