// The camera's page with a live picture: the bench's picture on a canvas, its figures in words, orders
// back to it. What is special to a step stands in camera_lens.js, camera_tags.js, camera_delay.js and camera_screen.js.

import { Link } from "./link.js";
import { draw } from "./picture.js";
import { lens } from "./camera_lens.js";
import { tags } from "./camera_tags.js";
import { delay } from "./camera_delay.js";
import { screen } from "./camera_screen.js";

const root = document.querySelector("[data-bench]");
const words = JSON.parse(document.getElementById("camera-words").textContent);
const find = (selector) => root.querySelector(selector);
const canvas = find("[data-canvas]");
const paint = canvas.getContext("2d", { alpha: false, desynchronized: true });
const SETTLED_MS = 500;

let status = null;
let mayCommand = false;
const refusals = Object.keys(words).filter((name) => name.startsWith("r-"));
let told = "";
let toldSince = 0;
let replied = 0;

export const kit = {
  find,
  has: (name) => name in words,
  say: (name, n = "", m = "") => words[name].replace("{n}", n).replace("{m}", m),
  show(name, text, level = "") {
    const place = find(`[data-show="${name}"]`);
    if (place.textContent !== text) place.textContent = text;
    const figure = find(`[data-figure="${name}"]`);
    if (figure) figure.dataset.level = level;
  },
  // A sentence for a code of the bench in the reader's language; the bench's own words for one unknown.
  coded: (prefix, { code, text, todo }, n) => (`${prefix}-${code}` in words ? kit.say(`${prefix}-${code}`, n) : [text, todo].filter(Boolean).join(". ")),
  // A refusal of the bench, or what to do about it, in the reader's language: the sentence under the most
  // of its words (bench_refusals.py); the bench's own words where there is none.
  refusal(text) {
    const plain = text.toLowerCase().replace(/\(.*?\)/g, "").replace(/\d+(?:\.\d+)?/g, "n");
    const name = `r-${(plain.match(/[a-z]+/g) ?? []).join("-")}-`;
    const [known] = refusals.filter((each) => name.startsWith(`${each}-`)).sort((a, b) => b.length - a.length);
    return known ? kit.say(known, ...(text.match(/\d+(?:\.\d+)?/g) ?? [])) : text.replace(/[^.?]$/, "$&.");
  },
  trouble: ({ text, todo }) => [text, todo].filter(Boolean).map(kit.refusal).join(" "),
  order(command) {
    if (mayCommand && status) link.send(command);
    else if (status) complain(words.signin, 4000);
  },
  address: (name) => `${root.dataset.files}${name}`,
  draw(svg, name, attributes, parent = svg) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  },
  list(place, rows) {
    const mark = JSON.stringify(rows.map(([text]) => text));
    if (place.dataset.mark === mark) return;
    place.dataset.mark = mark;
    place.replaceChildren(
      ...rows.map(([text, ...others]) => {
        const item = document.createElement("li");
        const line = document.createElement("span");
        line.dir = "auto";
        line.textContent = text;
        item.append(line, ...others);
        return item;
      }),
    );
  },
};

const panel = { lens, tags, delay, screen }[root.dataset.step](kit);

function cover(text, absent = false, detail = "") {
  find("[data-words-box]").hidden = !text;
  const line = find("[data-say]");
  if (line.textContent !== text) line.textContent = text;
  const form = find("[data-when-absent]");
  if (form) form.hidden = !absent;
  find("[data-detail]").textContent = detail;
}

function complain(text, keep_ms = 0) {
  if (!keep_ms && performance.now() < replied) return;
  if (keep_ms) replied = performance.now() + keep_ms;
  const line = find("[data-trouble]");
  line.hidden = !text;
  if (line.textContent !== text) line.textContent = text;
}

// What to do next is read aloud, so it changes only when it has stayed the same for a moment.
function next({ text, level = "" }) {
  const line = find("[data-next]");
  if (text !== told) {
    told = text;
    toldSince = performance.now();
  }
  if (line.textContent === text) line.dataset.level = level;
  else if (performance.now() - toldSince >= SETTLED_MS) {
    line.textContent = text;
    line.dataset.level = level;
  }
}

function showStatus(now) {
  if (now.step !== root.dataset.step) return mayCommand && link.send({ type: "step", step: root.dataset.step });
  status = now;
  if (canvas.width !== 16) cover("");
  const silent = now.picture.silent_s;
  complain(now.picture.trouble || (silent ? kit.say("silent", Math.round(silent)) : now.trouble));
  const mine = now[now.step];
  if (mine) {
    next(panel.show(mine, now) ?? { text: told });
  }
  keys(mine);
}

function keys(mine) {
  const can = mine ? panel.can(mine) : {};
  for (const button of root.querySelectorAll("[data-do]")) {
    const name = button.dataset.do;
    button.disabled = !mayCommand || !status || !(name === "stop" || can[name]);
  }
}

function showEngine(message) {
  mayCommand = message.may_command;
  if (message.state !== "running") {
    status = null;
    canvas.width = 16;
    complain("");
    cover(words[message.state], message.state !== "starting", message.text);
    keys(null);
  } else {
    cover(words.connecting);
    if (mayCommand) link.send({ type: "step", step: root.dataset.step });
  }
}

function showReply(reply) {
  if (reply.ok) {
    panel.replied?.(reply);
    if (reply.to === "use") refreshSteps();
  }
  else complain(words[{ "sign-in": "signin" }[reply.code] ?? reply.code] ?? panel.refused?.(reply) ?? kit.refusal(reply.text), 4000);
}

// What the site says of the folder in its own words: after a change it says it anew.
async function refreshSteps() {
  const page = new DOMParser().parseFromString(await (await fetch(`${kit.address("")}?step=${root.dataset.step}`)).text(), "text/html");
  for (const place of [".bench__steps", "[data-delay-from]"]) document.querySelector(place)?.replaceWith(page.querySelector(place));
}

async function showPicture(blob) {
  try {
    await draw(paint, blob, (width, height) => (find("[data-picture]").dataset.shape = width > height ? "wide" : "high"));
    if (status) cover("");
  } finally {
    link.send({ type: "seen" });
  }
}

const link = new Link(root.dataset.socket, {
  message(message) {
    const take = { status: showStatus, engine: showEngine, reply: showReply }[message.type];
    if (take) take(message);
  },
  picture: showPicture,
  waiting(seconds) {
    status = null;
    cover(kit.say("offline", seconds));
    keys(null);
  },
});

const actions = { stop: () => kit.order({ type: "stop" }), ...panel.actions };

root.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-do]");
  if (button && !button.disabled && actions[button.dataset.do]) actions[button.dataset.do]();
  const source = target.closest("[data-source]");
  if (source) root.querySelector('[name="picture"]').value = source.dataset.source;
});

document.addEventListener("keydown", (event) => {
  const name = panel.keys[event.key.toLowerCase()] ?? panel.keys[event.code.replace("Key", "").toLowerCase()];
  const busy = event.target.closest("textarea, select, input");
  if (!name || busy || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.closest("button, a, summary")) return;
  const button = find(`[data-do="${name}"]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  actions[name]();
});
