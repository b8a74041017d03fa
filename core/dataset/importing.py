"""Taking pictures in: read, check, copy, find what belongs together, decide sides, store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from core.ahead import made_ahead
from core.catalog import Catalog
from core.catalog.lookalikes import PrintRow
from core.catalog.shots import ShotRow
from core.context import Context
from core.dataset.groups import Arrival, Kin, Link, find_links, join, kin_of
from core.dataset.new_pictures import NewPicture
from core.dataset.split import ALIKE, BY_HASH, side_by_hash, top_up
from core.errors import PictureError
from core.events import Progressed
from core.files import link_once, sync, write_once
from core.images.allowance import Allowance, DecodedBytes
from core.images.working_copy import PictureFacts, read_file
from core.records import ImageRecord, Skipped
from core.workspace import Workspace

DELETED = "it was deleted here; it can be restored in the Gallery, among the deleted ones"
BATCH = 8  # files that a thread takes at once: handing over costs more than a small picture
AHEAD = 7  # batches begun before the one that is collected: keeps memory flat
IMPORTING = "Importing pictures"
DECODED_BYTES = 1_000_000_000  # of the pictures that are decoded at the same time, all together
WORK_S = 10.0  # of a thread for one picture; 100 megapixels take 1 to 3

Outcome = tuple[NewPicture, PictureFacts | PictureError]


@dataclass
class _Intake:
    new: dict[str, Arrival] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    known: int = 0


def import_pictures(
    context: Context,
    source: str,
    pictures: Sequence[NewPicture],
    skipped: Sequence[Skipped],
    way: str = "",
) -> Iterator[Progressed]:
    """Import files; the catalog gets them in one piece at the end.

    Stopping keeps what was read so far. A crash stores nothing, and doing it again finds the
    copies already made; those that are short are made again.

    Args:
        source: what the person calls where the pictures are.
        way: the name of the way in.

    Raises:
        WorkspaceError: a picture or the catalog cannot be written.
    """
    intake, done = _Intake(skipped=list(skipped)), 0
    yield Progressed(0, len(pictures), IMPORTING)
    for batch in _outcomes(context, pictures):
        _gather(batch, intake, context.catalog)
        done += len(batch)
        yield Progressed(done, len(pictures), IMPORTING)
    links: list[Link] = []
    if intake.new:
        yield from find_links(intake.new, context.catalog, links)
    _wait_for_disk(context.workspace, intake)
    _store(context.catalog, source, way, intake, links)
    yield Progressed(done, len(pictures), IMPORTING)


def _outcomes(context: Context, pictures: Sequence[NewPicture]) -> Iterator[list[Outcome]]:
    """Read files and write them into the workspace, until the person asks to stop."""
    allowance = Allowance(memory=DecodedBytes(DECODED_BYTES), work_s=WORK_S)
    take_in = partial(_take_in, context=context, allowance=allowance)
    for (outcomes,) in made_ahead(_batches(context, pictures), take_in, AHEAD):
        yield outcomes


def _batches(
    context: Context, pictures: Sequence[NewPicture]
) -> Iterator[list[Sequence[NewPicture]]]:
    """Each batch is one thing to make, until the person asks to stop."""
    for start in range(0, len(pictures), BATCH):
        if context.stop_requested():
            return
        yield [pictures[start : start + BATCH]]


def _take_in(batch: Sequence[NewPicture], context: Context, allowance: Allowance) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for item in batch:
        try:
            outcomes.append((item, _take_one(item, context, allowance)))
        except PictureError as error:
            outcomes.append((item, error))
    return outcomes


def _take_one(item: NewPicture, context: Context, allowance: Allowance) -> PictureFacts:
    data = item.read()
    picture, copy = read_file(data, context.settings, allowance)
    original = context.workspace.original(picture.id, picture.suffix)
    write_once(original, data, durable=False)  # `_wait_for_disk` follows
    if copy is data:
        link_once(context.workspace.copy(picture.id), original, data, durable=False)
    else:
        write_once(context.workspace.copy(picture.id), copy, durable=False)
    return picture


def _gather(batch: Sequence[Outcome], intake: _Intake, catalog: Catalog) -> None:
    ids = {facts.id for _, facts in batch if isinstance(facts, PictureFacts)}
    twins = {image.id: image for image in catalog.images.some(sorted(ids))}
    for item, facts in batch:
        if isinstance(facts, PictureError):
            intake.skipped.append(Skipped(item.path, facts.message, facts.kind))
        elif facts.id in twins:
            _gather_known(item, twins[facts.id], intake)
        elif facts.id in intake.new:
            _gather_twin(item, intake.new[facts.id].item, intake)
        else:
            intake.new[facts.id] = Arrival(item, facts)


def _gather_known(item: NewPicture, twin: ImageRecord, intake: _Intake) -> None:
    if twin.status == "quarantined":
        intake.skipped.append(Skipped(item.path, DELETED, "deleted"))
    elif twin.label == item.label:
        intake.known += 1
    elif twin.source_path == item.path:  # relabelled or renamed since, or another table
        reason = f"already there as {twin.label!r}; it came again as {item.label!r}, and "
        reason += "an import changes no label"
        intake.skipped.append(Skipped(item.path, reason, "relabelled"))
    else:
        intake.skipped.append(_in_another_class(item, twin.label, twin.source_path))


def _gather_twin(item: NewPicture, twin: NewPicture, intake: _Intake) -> None:
    if twin.label == item.label:
        reason = f"the same picture as {twin.path}"
        intake.skipped.append(Skipped(item.path, reason, "same picture"))
    else:
        intake.skipped.append(_in_another_class(item, twin.label, twin.path))


def _in_another_class(item: NewPicture, label: str, path: str) -> Skipped:
    reason = f"the same picture is already there as {label!r} ({path}), and came again as "
    return Skipped(item.path, f"{reason}{item.label!r}", "another class")


def _wait_for_disk(workspace: Workspace, intake: _Intake) -> None:
    """The files are on the disk before the rows that speak of them."""
    facts = [arrival.facts for arrival in intake.new.values()]
    originals = [workspace.original(f.id, f.suffix) for f in facts]
    sync([*originals, *(workspace.copy(f.id) for f in facts)])


def _store(catalog: Catalog, source: str, way: str, intake: _Intake, links: Sequence[Link]) -> None:
    """Decide the sides and store everything; nobody may choose another split meanwhile."""
    with catalog.atomic():
        kin = join(kin_of(intake.new, links, catalog), links)
        seed, share = catalog.seed, catalog.valid_share
        images = [_record(a, kin[i], seed, share) for i, a in intake.new.items()]
        images = top_up(images, catalog.images.counts(), seed)
        catalog.images.add(source, images, intake.skipped, intake.known, way)
        facts = [arrival.facts for arrival in intake.new.values()]
        catalog.lookalikes.add_fingerprints(
            PrintRow(f.id, f.fingerprint.thumbnail, f.fingerprint.blank) for f in facts
        )
        catalog.shots.add(ShotRow(f.id, f.shot.camera, f.shot.taken_s) for f in facts if f.shot)


def _record(arrival: Arrival, kin: Kin, seed: int, valid_share: float) -> ImageRecord:
    item, picture = arrival.item, arrival.facts
    side, reason = item.side or kin.side, item.side_reason if item.side else ALIKE
    if side is None:
        side, reason = side_by_hash(seed, kin.group, valid_share), BY_HASH
    return ImageRecord(
        id=picture.id,
        suffix=picture.suffix,
        width_px=picture.width_px,
        height_px=picture.height_px,
        label=item.label,
        side=side,
        side_reason=reason,
        status="in use",
        reviewed=False,
        source_path=item.path,
        url=item.url,
        split_group=kin.group,
    )
