// The phone's page: what it sees and feels goes to the computer, which answers where it was.

import { Link } from "./link.js";
import { Camera } from "./phone_camera.js";
import { Facing, Motion, askForMotion } from "./phone_motion.js";
import { Augmented } from "./phone_xr.js";
import { Crew } from "./phone_crew.js";
import { screenAngle, since } from "./phone_time.js";

const root = document.querySelector("[data-phone]");
const words = JSON.parse(document.getElementById("phone-words").textContent);
const find = (selector) => root.querySelector(selector);
const say = (name, n = "") => (words[name] ?? "").replace("{n}", n);

const PING_MS = 1000;
const FIRST_PINGS = 6;
const HELD = new Set(["lost", "bridged", "no picture", "no map"]);

let running = false;
let mode = find('[name="mode"]:checked').value; // browsers keep what was chosen before a reload
let host = "starting";
let pings = 0;
let heard = null;
let remark = "";
let remarkUntil = 0;
let noted = "";

function show(name, text) {
  for (const place of root.querySelectorAll(`[data-show="${name}"]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

function state(text, level = "") {
  const line = find("[data-state-line]");
  line.hidden = !text;
  line.dataset.level = level;
  if (line.textContent !== text) line.textContent = text;
}

function remind(text, keep_ms = 3500) {
  remark = text;
  remarkUntil = performance.now() + keep_ms;
  state(text);
}

const send = (message) => link.send(message);
const sendBytes = (bytes) => {
  if (link.socket.readyState !== WebSocket.OPEN) return false;
  link.socket.send(bytes);
  return true;
};

const camera = new Camera(find("[data-video]"), sendBytes);
const motion = new Motion(sendBytes);
const facing = new Facing(send);
const augmented = new Augmented(send, () => stop());
const crew = new Crew(root, { say, remind, picture: () => cover() });

// Tags are the production's own: which map the computer solves with goes with the address.
const opened = find("[data-production]")?.value;
const link = new Link(root.dataset.socket + (opened ? `?production=${encodeURIComponent(opened)}` : ""), {
  message(message) {
    const take = { pong, taken, status: showStatus, host: showHost, kept, aligned, refused }[message.type];
    if (take) take(message);
  },
  picture() {},
  waiting(seconds) {
    host = "offline";
    camera.forget();
    if (running) state(say("offline", seconds), "degraded");
  },
});

// The clocks: the page asks, and says with its next question which answer it heard and when.

function ping() {
  if (link.socket.readyState !== WebSocket.OPEN) return;
  send({ type: "ping", ms: since(), ...heard });
  heard = null;
  pings += 1;
}
setInterval(() => (pings < FIRST_PINGS ? ping() : 0), 150);
setInterval(() => (pings >= FIRST_PINGS ? ping() : 0), PING_MS);

function pong({ ms }) {
  heard = { asked: ms, heard: since() };
}

function taken({ number }) {
  camera.taken(number);
}

function showHost(message) {
  host = message.state;
  if (host === "running") {
    pings = 0;
    heard = null;
    camera.forget();
    hello();
  } else if (running) {
    state(`${say(host)} ${message.text}`.trim(), host === "failed" ? "degraded" : "");
  }
}

function hello() {
  send({ type: "hello", mode, screen: screenAngle() });
}

function refused() {
  remind(say("refused"), 8000);
}

function kept({ ok, count }) {
  remind(ok ? say("kept", count + 1) : say("kept no more"));
}

function aligned({ ok }) {
  remind(say(ok ? "aligned" : "unaligned"));
}

function showStatus(now) {
  if (!running) return;
  const own = now.mode !== "tags";
  show("tags", own ? "–" : `${now.tags_used} / ${now.tags_mapped}`);
  show("rate", say("per second", Math.round(now.poses_per_s)));
  const delay = own ? now.round_trip_ms : now.capture_to_pose_ms;
  show("delay", delay === null ? "–" : say("ms", Math.round(delay)));
  show("spread", own || now.spread_mm === null ? "–" : say("mm", now.spread_mm.toFixed(1)));
  find('[data-figure="rate"]').dataset.level = !own && now.state === "tracked" && now.poses_per_s < 12 ? "degraded" : "";
  const fine = [say("to", now.to)];
  if (now.lens !== "none" && !own) fine.push(say(`lens ${now.lens}`, now.focal_doubt_percent));
  if (now.round_trip_ms !== null) fine.push(say("trip", Math.round(now.round_trip_ms)));
  if (now.lens_misfits) fine.push(say("lens misfits"));
  if (!own && camera.running && !camera.tellsTime) fine.push(say("no frame time"));
  if (noted) fine.push(noted);
  show("fine", fine.join(" · "));
  if (performance.now() < remarkUntil) return state(remark);
  if (own) return state(say(now.mode === "facing" ? "facing" : "own"), "good");
  const why = words[now.trouble] && now.state === "lost" ? now.trouble : now.state;
  state(say(why), now.state === "tracked" ? "good" : HELD.has(now.state) ? "degraded" : "");
}

function cover() {
  const set = crew.showing;
  find("[data-video]").hidden = set;
  find("[data-canvas]").hidden = !set;
  find("[data-cover]").hidden = running || (set && crew.seen);
}

// Starting and stopping.

async function start() {
  find("[data-say]").textContent = "";
  noted = "";
  const allowed = await askForMotion();
  if (!allowed && mode !== "facing") noted = say("no motion");
  try {
    if (mode === "tags") await camera.start();
    else if (mode === "xr") await augmented.start();
    else if (!allowed || !(await facing.start())) throw new Error("no motion");
  } catch (trouble) {
    const insecure = !window.isSecureContext;
    const help = find("[data-when-insecure]");
    if (help) help.hidden = !insecure;
    const why = insecure ? "insecure" : { tags: "no camera", xr: "no xr", facing: "no motion" }[mode];
    find("[data-say]").textContent = say(why);
    return;
  }
  running = true;
  if (mode === "tags" && allowed) motion.start();
  keepAwake();
  settle();
  hello();
  state(say("starting"));
}

function stop() {
  if (!running) return;
  running = false;
  camera.stop();
  motion.stop();
  facing.stop();
  augmented.stop();
  send({ type: "bye" });
  state("");
  settle();
}

function settle() {
  root.dataset.state = running ? "running" : "ready";
  const label = find('[data-show="start"]');
  label.textContent = running ? label.dataset.stop : label.dataset.start;
  const marks = mode !== "tags";
  find('[data-do="align"]').hidden = !(running && marks);
  find("[data-when-mark]").hidden = !marks;
  find('[data-do="keep"]').disabled = !(running && mode === "tags");
  for (const radio of root.querySelectorAll('[name="mode"]')) {
    radio.disabled = running || (radio.value === "xr" && !augmented.there);
  }
  cover();
  if (running && marks) remind(say("align"), 6000);
}

async function keepAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    noted = noted || "";
  }
}

const actions = {
  start: () => (running ? stop() : start()),
  align: () => send({ type: "align", mark: [0, 0, Number(find("#height").value) || 1.5] }),
  keep: () => send({ type: "keep" }),
};
for (const button of root.querySelectorAll("[data-do]")) {
  const act = actions[button.dataset.do];
  if (act) button.addEventListener("click", act);
}
for (const radio of root.querySelectorAll('[name="mode"]')) {
  radio.addEventListener("change", () => {
    mode = radio.value;
    settle();
  });
}
for (const radio of root.querySelectorAll('[name="show"]')) {
  radio.addEventListener("change", () => {
    crew.show(radio.value === "set");
    cover();
  });
}
screen.orientation?.addEventListener("change", () => running && hello());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && running) keepAwake();
});
if (!window.isSecureContext) {
  find("[data-say]").textContent = say("insecure");
  const help = find("[data-when-insecure]");
  if (help) help.hidden = false;
}
find('[data-do="start"]').disabled = false;
crew.show(Boolean(find('[name="show"][value="set"]')?.checked));
augmented.look().then((there) => {
  if (mode === "xr" && !there) {
    mode = "tags";
    find('[name="mode"][value="tags"]').checked = true;
  }
  settle();
});
