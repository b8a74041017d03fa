"""The attacks of `benchmarks.attack`, a module a family.

A family is a function from the ground to its attacks, one after the other; what it starts it ends
when the last was taken. Whoever asks for the next attack has done the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.attacks import (
    addresses,
    archives,
    bundles,
    disks,
    endpoints,
    floods,
    hosts,
    jobs,
    kills,
    markup,
    names,
    pictures,
    routes,
    tables,
    visitors,
)
from benchmarks.attacks.attack import Attack
from benchmarks.attacks.ground import Ground


class Family(NamedTuple):
    """`needs_model`: whether the target has to be trained and exported before."""

    name: str
    attacks: Callable[[Ground], Iterator[Attack]]
    needs_model: bool = True


FAMILIES = (
    Family("addresses", addresses.attacks, needs_model=False),
    Family("archives", archives.attacks, needs_model=False),
    Family("tables", tables.attacks, needs_model=False),
    Family("routes", routes.attacks),
    Family("visitors", visitors.attacks),
    Family("hosts", hosts.attacks),
    Family("endpoints", endpoints.attacks),
    Family("pictures", pictures.attacks),
    Family("bundles", bundles.attacks),
    Family("names", names.attacks),
    Family("markup", markup.attacks),
    Family("jobs", jobs.attacks),
    Family("disks", disks.attacks),
    Family("kills", kills.attacks),
    Family("floods", floods.attacks),
)
