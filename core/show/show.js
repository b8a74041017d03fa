"use strict";
// One screen after another: arrow keys, space, Home, End; f for the full screen.
const screens = [...document.querySelectorAll("section")];
const at = document.getElementById("at");

function current() {
  const middle = window.innerHeight / 2;
  const k = screens.findIndex((s) => s.getBoundingClientRect().bottom > middle);
  return k < 0 ? screens.length - 1 : k;
}

function go(k) {
  const screen = screens[Math.min(Math.max(k, 0), screens.length - 1)];
  screen.scrollIntoView({ behavior: "instant", block: "start" });
  tell();
}

function tell() {
  at.textContent = `${current() + 1} / ${screens.length}`;
}

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {});
}

const KEYS = {
  ArrowRight: () => go(current() + 1), ArrowDown: () => go(current() + 1),
  PageDown: () => go(current() + 1), " ": () => go(current() + 1),
  ArrowLeft: () => go(current() - 1), ArrowUp: () => go(current() - 1),
  PageUp: () => go(current() - 1), Home: () => go(0), End: () => go(screens.length - 1),
  f: full,
};
document.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target instanceof HTMLButtonElement) return;
  event.preventDefault();
  act();
});
document.getElementById("back").addEventListener("click", () => go(current() - 1));
document.getElementById("on").addEventListener("click", () => go(current() + 1));
document.getElementById("full").addEventListener("click", full);
document.addEventListener("scroll", tell, { passive: true });
tell();
