// The monitor: the stage's picture on a canvas, its figures in words, its keys back to it.

import { Link } from "./link.js";
import { draw } from "./picture.js";
import { advised } from "./slides.js";

const root = document.querySelector("[data-monitor]");
const words = JSON.parse(document.getElementById("monitor-words").textContent);
const find = (selector) => root.querySelector(selector);
// In a line that runs from the right, take 2-A-t01 would else read A-t01-2.
const upright = (take) => (document.dir === "rtl" ? `\u2068${take}\u2069` : take);
const say = (name, n = "") => words[name].replace("{n}", n).replace("{take}", upright(n));

const canvas = find("[data-canvas]");
const paint = canvas.getContext("2d", { alpha: false, desynchronized: true });
const STALLED_MS = 2000;
const LATE_S = 0.2;

let status = null;
let mayCommand = false;
let lastPictureAt = 0;
let lastTake = "";
let circled = new Set();
let marking = null;
let said = 0;

function show(name, text) {
  for (const place of document.querySelectorAll(`[data-show="${name}"]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

function figure(name, text, level = "") {
  show(name, text);
  find(`[data-figure="${name}"]`).dataset.level = level;
}

function cover(text, absent = false, detail = "") {
  const box = find("[data-words-box]");
  box.hidden = !text;
  const line = find("[data-say]");
  if (line.textContent !== text) line.textContent = text;
  find("[data-when-absent]").hidden = !absent;
  find("[data-detail]").textContent = detail;
}

function tell(text, kind = "fault", keep_ms = 0) {
  const line = find("[data-trouble]");
  if (kind === "fault" && performance.now() < said) return;
  said = keep_ms ? performance.now() + keep_ms : 0;
  line.hidden = !text;
  line.dataset.kind = kind;
  if (line.textContent !== text) line.textContent = text;
}

function age(seconds) {
  return seconds < 1 ? say("ms", Math.round(seconds * 1000)) : say("seconds", seconds.toFixed(1));
}

function showTruth(now) {
  const wanted = now.rate_wanted || 0;
  const rate = now.rate_fps ?? 0;
  figure("rate", `${rate.toFixed(1)} / ${Number(wanted.toFixed(2))}`, rate < 0.95 * wanted ? "degraded" : "good");
  const age_s = (now.tracking_age_ms ?? 0) / 1000;
  const tracking = now.tracking_state || "none";
  const level = { tracked: "good", held: "degraded", none: "degraded" }[tracking];
  figure("tracking", tracking === "held" ? `${say("held")} ${age(age_s)}` : say(tracking), level);
  figure("delay", now.delay_ms == null ? "–" : say("ms", Math.round(now.delay_ms)));
  const off = now.error;
  figure("error", off ? say("cm", off.cm < 10 ? off.cm.toFixed(1) : Math.round(off.cm)) : "–", off?.advice ? "degraded" : "");
  figure("key", now.key_score == null ? "–" : String(Math.round(now.key_score)), now.key_score < 50 ? "degraded" : "");
  figure("drops", String(now.dropped ?? 0), now.dropped ? "degraded" : "");
  const left = now.disk_minutes_left;
  const disk = left == null ? "–" : left > 180 ? say("hours", Math.round(left / 60)) : say("minutes", Math.round(left));
  figure("disk", disk, left < 10 ? "degraded" : "");
  tell(trouble(now, tracking, age_s));
}

function trouble(now, tracking, age_s) {
  if (tracking === "none") return say("none_long");
  if (tracking === "held" && age_s > LATE_S) return say("held_long", age_s.toFixed(1));
  if (now.timecode_state === "none") return now.timecode_note || say("ltc_none");
  if (now.timecode_state === "free") return now.timecode_note || say("ltc_free");
  const fault = (now.faults || []).at(-1);
  if (fault && now.rolling) return fault.text;
  return now.error?.advice ? slides(now.error) : "";
}

// The error at the worst mark, and what to do: see stage/accuracy/words.py.
function slides({ cm, mark, distance_m, advice }) {
  const told = words.slide.replace("{cm}", cm < 10 ? cm.toFixed(1) : Math.round(cm));
  return `${told.replace("{mark}", upright(mark)).replace("{n}", distance_m.toFixed(1))} ${advised(words, advice)}`;
}

function showStatus(now) {
  const wasRolling = status?.rolling;
  const before = status?.take;
  status = now;
  root.dataset.state = now.rolling ? "rolling" : "ready";
  const number = /-t(\d+)$/.exec(now.take || "");
  show("scene", now.scene || "–");
  show("shot", now.shot || "–");
  show("take_number", number ? String(Number(number[1])) : "–");
  show("timecode", now.timecode || "--:--:--:--");
  show("roll_state", say(now.rolling ? "rolling" : "ready"));
  lastTake = now.rolling ? now.take : (now.takes || []).at(-1) || lastTake;
  show("last_take", lastTake || "–");
  circled = new Set(now.circled);
  for (const radio of root.querySelectorAll('[name="view"]')) radio.checked = radio.value === (now.view ?? "composite");
  find('[data-do="circle"]').setAttribute("aria-pressed", String(circled.has(lastTake)));
  showTruth(now);
  if (wasRolling && !now.rolling) tell(say("cut", before), "said", 4000);
  keys();
}

function keys() {
  const live = mayCommand && status !== null && root.dataset.state !== "absent";
  find('[data-do="roll"]').disabled = !live || status.rolling;
  find('[data-do="cut"]').disabled = !live || !status.rolling;
  for (const one of root.querySelectorAll('[data-open], [data-do="circle"], [name="view"]')) one.disabled = !live;
  find('[data-open="slate"]').disabled = !live || status.rolling;
}

function showEngine(message) {
  mayCommand = message.may_command;
  if (message.state !== "running") {
    status = null;
    root.dataset.state = "absent";
    show("roll_state", "");
    tell("");
    cover(say(message.state), message.state !== "starting", message.text);
  } else {
    cover(say("connecting"));
  }
  keys();
}

function showReply(reply) {
  if (!reply.ok) return tell(words[{ "sign-in": "signin" }[reply.code] ?? reply.code] ?? reply.text, "fault", 5000);
  if (reply.to === "circle") tell(say(marking.circled ? "circled" : "uncircled", marking.take), "said", 3000);
  else if (reply.to === "note") tell(say("noted", marking.take), "said", 3000);
}

async function showPicture(blob) {
  try {
    await draw(paint, blob);
    lastPictureAt = performance.now();
    cover("");
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
    root.dataset.state = "offline";
    show("roll_state", "");
    cover(say("offline", seconds));
    keys();
  },
});

setInterval(() => {
  const silent = performance.now() - lastPictureAt;
  if (status && lastPictureAt && silent > STALLED_MS) tell(say("stalled", Math.round(silent / 1000)));
}, 500);

// Orders of the crew.

function order(command) {
  if (mayCommand && status) link.send(command);
  else if (status) tell(say("signin"), "fault", 4000);
}

function aboutLastTake(command) {
  if (!status) return;
  if (lastTake) order((marking = { ...command, take: lastTake }));
  else tell(say("no_take"), "said", 3000);
}

const actions = {
  roll: () => order({ type: "roll" }),
  cut: () => order({ type: "cut" }),
  circle: () => aboutLastTake({ type: "circle", circled: !circled.has(lastTake) }),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  slate: () => status && !status.rolling && open("slate"),
  note: () => status && (lastTake ? open("note") : tell(say("no_take"), "said", 3000)),
};

function open(name) {
  const dialog = find(`[data-dialog="${name}"]`);
  if (name === "slate") {
    dialog.querySelector('[name="scene"]').value = status?.scene ?? "";
    dialog.querySelector('[name="shot"]').value = status?.shot ?? "";
  }
  dialog.returnValue = "cancel";
  dialog.showModal();
  dialog.querySelector("input, textarea").select();
}

for (const button of root.querySelectorAll("[data-do]")) button.addEventListener("click", actions[button.dataset.do]);
for (const button of root.querySelectorAll("[data-open]")) button.addEventListener("click", actions[button.dataset.open]);
for (const radio of root.querySelectorAll('[name="view"]')) {
  radio.addEventListener("change", () => order({ type: "view", what: radio.value }));
}

find('[data-dialog="slate"]').addEventListener("close", ({ target }) => {
  const form = new FormData(target.querySelector("form"));
  if (target.returnValue === "save") order({ type: "slate", scene: form.get("scene"), shot: form.get("shot") });
});
find('[data-dialog="note"]').addEventListener("close", ({ target }) => {
  const form = target.querySelector("form");
  if (target.returnValue === "save") aboutLastTake({ type: "note", text: new FormData(form).get("text") });
  form.reset();
});

const KEYS = { r: "roll", c: "cut", n: "note", s: "slate", f: "full", " ": "circle" };

document.addEventListener("keydown", (event) => {
  const name = KEYS[event.key.toLowerCase()] ?? { KeyR: "roll", KeyC: "cut", KeyN: "note", KeyS: "slate", KeyF: "full" }[event.code];
  const busy = event.target.closest("dialog[open], textarea, input:not([type=radio]), select");
  if (!name || busy || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (name === "circle" && event.target.closest("button, a, summary")) return;
  event.preventDefault();
  actions[name]();
});
