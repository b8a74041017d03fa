"""What a run leaves on disk while it goes on: its best model, its checkpoints, its state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.context import Context
from core.events import CheckpointSaved, EpochEnded, Event
from core.models.weights import load_tensors, put_weights, save_weights
from core.records import Predictions, Run
from core.training.checkpoints import BEST, START, Checkpoint, file_of, folder_of, put_in_use
from core.training.loop import Trainer
from core.training.state import Best, forget_state, save_state
from core.training.training_set import TrainingSet


class Keeper:
    """Keeps what a run of this data has reached.

    Args:
        best: the best model so far, of a run that is resumed.
    """

    def __init__(self, context: Context, run: Run, data: TrainingSet, best: Best) -> None:
        self._context, self._run, self._data, self._best = context, run, data, best
        self._workspace = context.workspace

    def keep(self, trainer: Trainer, ended: EpochEnded) -> Iterator[Event]:
        """After a validation. The state is written last: what a killed worker did after the state
        before is done again, with the same result.
        """
        stage = trainer.ends_stage or (START if ended.epoch == 0 else None)
        if stage:
            self._save(trainer, stage, ended)
        if self._best.is_beaten_by(ended.error_rate, ended.valid_loss, ended.valid_images):
            self._best.checkpoint = self._save(trainer, BEST, ended)
            self._best.valid_probs = trainer.valid_probs
            put_in_use(self._workspace, self._run.id, BEST)
            # With its answers, so that a killed worker leaves a model that can be compared.
            self._store(self._data.valid.image_ids, trainer.valid_probs)
            yield CheckpointSaved(ended.epoch, ended.error_rate)
        self.save_state(trainer)

    def save_state(self, trainer: Trainer) -> None:
        """Whatever is needed to go on from here."""
        save_state(self._workspace.run(self._run.id), trainer, self._best)

    def finish(self, trainer: Trainer) -> None:
        """Let the best model answer the test images too; the validation images it has answered."""
        tensors, _ = load_tensors(file_of(self._workspace, self._run.id, BEST))
        put_weights(trainer.network, tensors)
        put_in_use(self._workspace, self._run.id, BEST)
        test = self._data.test.image_ids
        probs = np.concatenate([self._best.valid_probs, trainer.probabilities(test)])
        self._store(self._data.valid.image_ids + test, probs)
        if trainer.is_done:
            forget_state(self._workspace.run(self._run.id))

    def _store(self, image_ids: tuple[str, ...], probs_nc: np.ndarray) -> None:
        answers = Predictions(image_ids, probs_nc, self._run.classes)
        self._context.catalog.runs.store_predictions(self._run.id, "final", answers)

    def _save(self, trainer: Trainer, name: str, ended: EpochEnded) -> Checkpoint:
        checkpoint = Checkpoint(name, ended.epoch, ended.error_rate, ended.valid_loss)
        file = file_of(self._workspace, self._run.id, name)
        folder = folder_of(self._workspace, self._run.id)
        save_weights(trainer.network, folder, file.name, checkpoint.facts())
        return checkpoint
