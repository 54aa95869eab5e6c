"""The page that shows the patches: two tags on white, nothing else that could be read or missed.

It asks the host for the time, gets the schedule, changes the left patch at the refresh its time has
come by (requestAnimationFrame) and says when that was; the right patch shows what the host says it has
read. F fills the screen, the space bar asks the host to begin. Words come from the host, so that the
page has no language of its own.
"""

from __future__ import annotations

import json
from html import escape

_STYLE = """
html, body { margin: 0; height: 100%; background: #fff; color: #222 }
body { font: 20px "Noto Sans", sans-serif }
main { display: flex; height: 94%; align-items: center; justify-content: space-evenly }
canvas { width: 38vmin; height: 38vmin; image-rendering: pixelated; padding: 5vmin }
p { position: fixed; left: 0; right: 0; bottom: 1vmin; margin: 0; text-align: center }
@media (min-aspect-ratio: 3/2) { canvas { width: 60vmin; height: 60vmin } }
"""

_SCRIPT = """
"use strict";
const said = document.querySelector("p");
const patches = [...document.querySelectorAll("canvas")];
let tags = {}, flips = [], next = 0, due = 0, echo = null;
const socket = new WebSocket(location.href.replace(/^http/, "ws"));
const tell = (message) => socket.readyState === 1 && socket.send(JSON.stringify(message));
function draw(patch, id) {
  const rows = tags[id] || [], pen = patch.getContext("2d");
  patch.dataset.id = id;
  pen.fillStyle = "#fff"; pen.fillRect(0, 0, 8, 8); pen.fillStyle = "#000";
  rows.forEach((row, y) => [...row].forEach((bit, x) => bit === "0" && pen.fillRect(x, y, 1, 1)));
}
function refresh(now) {
  if (next < flips.length && now >= due) {
    const flip = flips[next++];
    draw(patches[0], flip.id);
    due = Math.max(due, now - 100) + flip.ms;
    tell({type: "flip", index: flip.index, page_ms: now});
    if (next === flips.length) setTimeout(() => tell({type: "done"}), flip.ms);
  }
  if (echo !== null) {
    draw(patches[1], echo);
    tell({type: "echoed", id: echo, page_ms: now});
    echo = null;
  }
  requestAnimationFrame(refresh);
}
socket.onopen = () => { const ask = () => tell({type: "ask", page_ms: performance.now()});
  ask(); setInterval(ask, 250); };
socket.onmessage = (event) => {
  const message = JSON.parse(event.data);
  if (message.type === "time")
    tell({type: "heard", asked_ms: message.asked_ms, heard_ms: performance.now(),
          host_ns: message.host_ns});
  if (message.type === "schedule") {
    tags = message.tags; flips = message.flips; next = 0; due = performance.now() + 500;
  }
  if (message.type === "echo") echo = message.id;
  if (message.type === "say") said.textContent = message.text;
};
addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.code === "KeyF")
    document.fullscreenElement
      ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  if (event.key === " ") { event.preventDefault(); tell({type: "begin"}); }
});
socket.onclose = () => { said.textContent = document.body.dataset.over; };
requestAnimationFrame(refresh);
"""


def flasher_page(
    *, language: str, title: str, waiting: str, over: str, patches: tuple[str, str]
) -> bytes:
    """The page. `waiting` is shown until the host says more, `over` when it has gone; `patches` are
    what the two patches are called to who does not see them."""
    canvases = "".join(
        f'<canvas width="8" height="8" role="img" aria-label="{escape(name)}"></canvas>'
        for name in patches
    )
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body data-over={json.dumps(escape(over))}>"
        f'<main>{canvases}</main><p role="status" dir="auto">{escape(waiting)}</p>'
        f"<script>{_SCRIPT}</script></body></html>"
    ).encode()
