"""The grid's script alone on a page of Chromium, with a server that the test plays."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Route

from tests.builders import picture
from ui.review.grid import log

FOLDER = Path(__file__).parents[3] / "ui" / "review"
SCRIPT = log.script
STYLE = (FOLDER / "grid.css").read_text(encoding="utf-8")
CLASSES = ["ant", "bee", "wasp, not a bee", "moth"]
PAGE = f"""<meta charset=utf-8><style>body {{ --st-primary-color: teal; --st-text-color: black;
--st-background-color: white; --st-secondary-background-color: #eee; --st-border-color: gray;
--st-base-radius: 8px; --st-font: sans-serif; font: 16px sans-serif }}</style>
<input id=elsewhere><div id=host></div>
<script type=module>
const host = document.getElementById('host').attachShadow({{ mode: 'open' }});
host.innerHTML = '<style>' + {json.dumps(STYLE)} + '</style><div class=root></div>';
const script = new Blob([{json.dumps(SCRIPT)}], {{ type: 'text/javascript' }});
const {{ default: draw }} = await import(URL.createObjectURL(script));
window.sent = [];
const setStateValue = (name, ops) => {{ window.sent = ops; }};
window.draw = data => draw({{ data, parentElement: host, setStateValue }});
</script>"""
DETAIL = {
    "file": "bees/one.jpg",
    "source": "bees.zip",
    "width": 4032,
    "height": 3024,
    "probabilities": [{"label": "bee", "value": 0.9}, {"label": "ant", "value": 0.004}],
    "neighbours": [
        {"id": "b" * 64, "label": "bee", "similarity": 0.93, "src": "near.jpg", "reviewed": True}
    ],
    "heatmap": "heat.jpg?class=bee",
}


class Grid:
    """The grid on a page, and the server that the test is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tiles = page.locator(".tile")
        self.requests: list[str] = []
        self.detail: Callable[[Route], None] = lambda route: route.fulfill(json=DETAIL)
        page.route("**/*", self._answer)
        page.goto("http://grid.test/review")
        page.wait_for_function("() => Boolean(window.draw)")

    def draw(self, count: int = 12, first: int = 0, **data: Any) -> None:
        tiles = [a_tile(first + n) for n in range(count)]
        known = {"workspace": "insects", "thumbnails": "thumbnails/insects", "handled": {}}
        known |= {"pictures": "picture/insects/", "details": "detail/insects/", "announcement": ""}
        self.page.evaluate("data => draw(data)",
                           {**known, "tiles": tiles, "classes": CLASSES, **data})  # fmt: skip

    def sent(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("sent"))

    def marks(self) -> list[tuple[str, list[int], str | None]]:
        """What was sent, with the numbers of tiles instead of ids."""
        return [
            (op["op"], [int(i, 16) for i in op.get("ids", [])], op.get("label"))
            for op in self.sent()
        ]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def photo(self, number: int) -> Locator:
        return self.tiles.nth(number).locator(".photo")

    def selected(self) -> list[int]:
        tiles = self.page.locator('.tile[aria-selected="true"]')
        return [int(k) for k in tiles.evaluate_all("tiles => tiles.map(t => t.dataset.k)")]

    def current(self) -> int:
        return int(self.page.locator(".tile.current").get_attribute("data-k") or -1)

    def _answer(self, route: Route) -> None:
        url = route.request.url
        self.requests.append(url)
        if url.endswith("/review"):
            route.fulfill(body=PAGE, content_type="text/html")
        elif "/thumbnails/" in url:
            jpeg = base64.b64encode(picture()).decode()
            route.fulfill(json=dict.fromkeys(url.split("ids=")[1].split(","), jpeg))
        elif "/detail/" in url:
            self.detail(route)
        else:
            route.fulfill(body=picture(), content_type="image/jpeg")


def a_tile(number: int, **changed: Any) -> dict[str, Any]:
    tile = {"id": f"{number:064x}", "label": "ant", "deleted": False, "reviewed": False}
    tile |= {"predicted": CLASSES[1 + number % 2], "probability": 0.87, "loss": 4.2}
    return tile | {"side": "train", "file": f"ants/{number}.jpg"} | changed
