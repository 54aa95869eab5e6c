// The stage as the phone sees it: the engine's picture as a viewfinder, and its keys for those who may.

import { Link } from "./link.js";

export class Crew {
  constructor(root, { say, remind, picture }) {
    this.find = (selector) => root.querySelector(selector);
    this.say = say;
    this.remind = remind;
    this.picture = picture;
    this.may = root.dataset.command === "yes";
    this.canvas = this.find("[data-canvas]");
    this.paint = this.canvas.getContext("2d", { alpha: false });
    this.showing = this.seen = false;
    this.status = null;
    this.lastTake = "";
    this.waits = false;
    const which = this.find("[data-production]");
    if (!which) return;
    this.connect(which.value);
    // By the address: no browser keeps what was chosen when a page is loaded again.
    which.addEventListener("change", () => { location.search = new URLSearchParams({ production: which.value }); });
    for (const name of ["roll", "cut", "circle"]) {
      this.find(`[data-do="${name}"]`)?.addEventListener("click", () => this.order(name));
    }
  }

  connect(production) {
    this.link = new Link(`/live/${production}/`, {
      message: (message) => this.hear(message),
      picture: (blob) => this.draw(blob),
      waiting: () => this.hear({ type: "engine", state: "absent" }),
    });
  }

  // The set's picture instead of the camera's. Unasked-for pictures are not waited for.
  show(set) {
    this.showing = set;
    if (set && this.waits) this.ready();
    if (set && !this.status) this.remind(this.say("no stage"));
  }

  ready() {
    this.waits = false;
    this.link.send({ type: "seen" });
  }

  async draw(blob) {
    if (!this.showing) {
      this.waits = true;
      return;
    }
    try {
      const picture = await createImageBitmap(blob);
      if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
        this.canvas.width = picture.width;
        this.canvas.height = picture.height;
      }
      this.paint.drawImage(picture, 0, 0);
      picture.close();
      if (!this.seen) {
        this.seen = true;
        this.picture();
      }
    } finally {
      this.ready();
    }
  }

  hear(message) {
    if (message.type === "engine" && message.state !== "running") this.status = null;
    if (message.type === "status") {
      if (this.status?.rolling && !message.rolling) this.remind(this.say("cut"));
      this.status = message;
      this.lastTake = message.rolling ? message.take : (message.takes ?? []).at(-1) ?? this.lastTake;
    }
    if (message.type === "reply" && !message.ok) this.remind(message.text);
    else if (message.type === "reply" && message.to === "circle") this.remind(this.say("circled", this.lastTake));
    this.keys();
  }

  keys() {
    const rolling = Boolean(this.status?.rolling);
    const line = this.find("[data-roll-state]");
    line.hidden = !this.status;
    line.toggleAttribute("data-rolling", rolling);
    const text = this.status ? (rolling ? this.say("rolling") : this.status.timecode ?? "") : "";
    const place = this.find('[data-show="roll"]');
    if (place.textContent !== text) place.textContent = text;
    if (!this.may) return;
    this.find('[data-do="roll"]').disabled = !this.status || rolling;
    this.find('[data-do="cut"]').disabled = !rolling;
    this.find('[data-do="circle"]').disabled = !this.status;
  }

  order(name) {
    if (name !== "circle") return this.link.send({ type: name });
    if (!this.lastTake) return this.remind(this.say("no take"));
    this.link.send({ type: "circle", circled: true, take: this.lastTake });
  }
}
