// The check: what the running stage says of the error at the marks. Its step is ticked while that is good.

import { Link } from "./link.js";
import { advised } from "./slides.js";

const line = document.querySelector("[data-error]");
const state = document.querySelector(".bench__steps [aria-current] .state");
const words = JSON.parse(document.getElementById("camera-words").textContent);
const isolated = (name) => `\u2068${name}\u2069`;

function say(text, level = "") {
  if (line.textContent !== text) line.textContent = text;
  line.dataset.level = level;
  state.className = `state state--${{ good: "proved", degraded: "degraded" }[level] ?? "open"}`;
}

function slides({ cm, mark, distance_m, advice }) {
  const text = words["e-slide"].replace("{n}", cm < 10 ? cm.toFixed(1) : Math.round(cm));
  const told = text.replace("{mark}", isolated(mark)).replace("{m}", distance_m.toFixed(1));
  say(advice ? `${told} ${advised(words, advice)}` : told, advice ? "degraded" : "good");
}

const link = new Link(line.dataset.socket, {
  message(message) {
    if (message.type === "status") message.error ? slides(message.error) : say(words["e-none"]);
    else if (message.type === "engine" && message.state !== "running") say(words["e-absent"]);
  },
  picture: () => link.send({ type: "seen" }),
  waiting: (seconds) => say(words.offline.replace("{n}", seconds)),
});
