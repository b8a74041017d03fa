"""Way in: an image search on the web for the name of each class.

Search sites change and break: whatever goes wrong with one ends in a sentence, and the other ways
in do not need it. What a search finds goes the same way as any list of addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from core.context import Context
from core.dataset.fetch import LabelledAddress, download_all, shortened
from core.dataset.new_pictures import Listing, clean_label
from core.errors import StudioError
from core.events import Event, Progressed
from core.records import Skipped

Search = Callable[[str, int], Sequence[str]]
"""(words, how many) -> addresses of pictures. It raises a `StudioError` when there are none."""
MAX_CLASSES = 100
MAX_PER_CLASS = 500
MAX_PAGES = 10
TIMEOUT_S = 10
TICK_S = 0.25


def way_in(
    context: Context, args: Mapping[str, Any], search: Search | None = None
) -> Generator[Event, None, Listing]:
    """`args["count"]` addresses for each of `args["labels"]`, searched together with
    `args["words"]`.

    Raises:
        StudioError: no search brought anything.
    """
    labels = classes_of("\n".join(args["labels"]))
    queries = {label: f"{label} {args.get('words', '')}".strip() for label in labels}
    count = max(1, min(int(args["count"]), MAX_PER_CLASS))
    addresses, skipped = yield from search_all(context, queries, count, search or search_web)
    listing = yield from download_all(context, shortened(f"Search: {', '.join(labels)}"), addresses)
    return Listing(listing.source, listing.pictures, [*skipped, *listing.skipped])


def classes_of(text: str) -> list[str]:
    """The classes that are named, one a line, each once.

    Raises:
        StudioError: there is none, or there are too many.
    """
    labels = list(dict.fromkeys(clean_label(line) for line in text.splitlines() if line.strip()))
    if not labels:
        raise StudioError("No class is named.", "Write one class a line.")
    if len(labels) > MAX_CLASSES:
        raise StudioError(f"More than {MAX_CLASSES} classes are named.", "Search in several parts.")
    return labels


def search_all(
    context: Context, queries: Mapping[str, str], count: int, search: Search
) -> Generator[Progressed, None, tuple[list[LabelledAddress], list[Skipped]]]:
    """The addresses that are found, by class; searches that failed, with the reason.

    Raises:
        StudioError: all failed.
    """
    addresses: list[LabelledAddress] = []
    skipped: list[Skipped] = []
    last: StudioError | None = None
    pool = ThreadPoolExecutor(1, "search")
    try:
        for number, (label, words) in enumerate(queries.items()):
            future = pool.submit(search, words, count)
            yield from _follow(context, future, Progressed(number, len(queries), "Searching"))
            if context.stop_requested():
                return [], []
            try:
                urls = future.result()[:count]
                addresses += [LabelledAddress(url, label) for url in urls]
            except StudioError as error:
                last = error
                search_of = f"the search for {words!r}"
                skipped.append(Skipped(search_of, error.message, "nothing found"))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if last is not None and not addresses:
        raise last
    return addresses, skipped


def search_web(words: str, count: int) -> list[str]:
    """Addresses of pictures that search sites name for some words, with their filter on.

    Raises:
        StudioError: the sites cannot be asked, or answer with nothing.
    """
    from ddgs import DDGS

    site, addresses = DDGS(timeout=TIMEOUT_S), dict[str, None]()
    for page in range(1, MAX_PAGES + 1):
        try:
            answers = site.images(words, safesearch="on", max_results=count, page=page)
        except Exception as error:  # of many sites, each of which may answer with anything
            if addresses:
                break  # the last page was the last
            raise StudioError(
                f"The image search brought nothing ({type(error).__name__}).",
                "Check the network or try again later; a list of addresses needs no search.",
            ) from error
        addresses |= dict.fromkeys(str(answer.get("image") or "") for answer in answers)
        addresses.pop("", None)
        if len(addresses) >= count:
            break
    return list(addresses)[:count]


def _follow(
    context: Context, future: Future[Sequence[str]], progress: Progressed
) -> Generator[Progressed, None, None]:
    while not future.done() and not context.stop_requested():
        yield progress
        wait([future], TICK_S)
