"""The Review page in headless Chromium: loading it, turning its pages, watching its marks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.browser import ARGUMENTS, chromium, free_port, server

LOADS = 5
EMPTY = "import streamlit as st\nst.write('Hello')\n"

# Every open shadow root is looked through: the grid lives in one.
IN_PAGE = """() => {
  const inside = [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean);
  const root = inside.map(s => s.querySelector('.root')).find(Boolean);
  return root ?? null;
}"""
READY = f"""async tiles => {{
  const find = {IN_PAGE};
  for (;;) {{
    const images = [...(find()?.querySelectorAll('.tile img') ?? [])];
    if (images.length === tiles && images.every(i => i.getAttribute('src'))) {{
      await Promise.all(images.map(i => i.decode()));
      if (images.every(i => i.naturalWidth)) return performance.now();
    }}
    await new Promise(requestAnimationFrame);
  }}
}}"""
SAID = """async () => {
  const said = () => document.querySelector('[data-testid=stMarkdown]');
  while (!said()) await new Promise(requestAnimationFrame);
  return performance.now();
}"""
# Times of each key: down, the frame after its paint, and the answer that leaves no mark pending.
WATCH = f"""() => {{
  const root = ({IN_PAGE})(), S = root._s;
  window.marks = [];
  root.addEventListener('keydown', event => {{
    const mark = {{ down: event.timeStamp }}, sent = S.log.seq;
    window.marks.push(mark);
    requestAnimationFrame(() => {{
      const channel = new MessageChannel();      // runs after the frame is painted
      channel.port1.onmessage = () => {{
        mark.painted = performance.now();
        channel.port1.close();
      }};
      channel.port2.postMessage(0);
    }});
    queueMicrotask(() => {{ mark.seq = sent; }});
  }}, {{ capture: true }});
  root.addEventListener('keydown', () => {{      // after the grid's own listener
    window.marks.at(-1).changed = performance.now();
  }});
  const done = () => {{
    const handled = S.data.handled[S.log.cid] ?? 0;
    for (const mark of window.marks) {{
      if (mark.confirmed === undefined && handled > mark.seq) mark.confirmed = performance.now();
    }}
  }};
  let data = S.data;
  const set = value => {{ data = value; done(); }};
  Object.defineProperty(S, 'data', {{ get: () => data, set }});
}}"""


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = [*ARGUMENTS, "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        browser.close()


@contextmanager
def empty_page(home: Path) -> Iterator[str]:
    script, port = home.parent / "empty.py", free_port()
    script.write_text(EMPTY, encoding="utf-8")
    command = ["-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with server([*command, "--server.headless", "true"], script, f"http://127.0.0.1:{port}") as url:
        yield url


def open_tab(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    return page


def load_review(browser: Browser, url: str, tiles: int) -> float:
    page = open_tab(browser)
    page.goto(url, wait_until="commit")
    ready_ms = page.evaluate(READY, tiles)
    page.context.close()
    return float(ready_ms)


def load_word(browser: Browser, url: str) -> float:
    page = open_tab(browser)
    page.goto(url, wait_until="commit")
    ready_ms = page.evaluate(SAID)
    page.context.close()
    return float(ready_ms)


def warm_loads(browser: Browser, url: str, tiles: int, loads: int) -> list[float]:
    page, times = open_tab(browser), []
    for _ in range(loads + 1):
        page.goto(url, wait_until="commit")
        times.append(float(page.evaluate(READY, tiles)))
    page.context.close()
    return times[1:]


def turn_page(page: Page, tiles: int) -> None:
    """To the next full page, or back when there is none; until its pictures are there."""
    first = page.locator(".tile").first.get_attribute("data-id")
    onward = page.get_by_role("button", name="Next page")
    left = int("".join(filter(str.isdigit, onward.inner_text())))  # "Next page · 9,904 more"
    turner = onward if left >= tiles else page.get_by_role("button", name="Previous page")
    turner.click()
    page.wait_for_function(
        f"old => ({IN_PAGE})()?.querySelector('.tile')?.dataset.id !== old",
        arg=first,
    )
    page.evaluate(READY, tiles)


def heap_mb(tool: CDPSession) -> float:
    tool.send("HeapProfiler.enable")
    for _ in range(3):
        tool.send("HeapProfiler.collectGarbage")
    return float(tool.send("Runtime.getHeapUsage")["usedSize"]) / 1e6
