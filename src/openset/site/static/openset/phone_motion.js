// The phone's motion sensors: turning in small packets, and how it is held where there is nothing else.

import { screenAngle, since } from "./phone_time.js";

const EVERY_MS = 33;
const MOST = 256;
const ONE = 32;
const FIRST_MS = 1500;
const FACING_MS = 14;

// iOS asks the person, and only after a tap. True where sensors may be read.
export async function askForMotion() {
  const ask = globalThis.DeviceMotionEvent?.requestPermission;
  if (!ask) return "DeviceMotionEvent" in globalThis;
  try {
    const answers = [await DeviceMotionEvent.requestPermission()];
    if (globalThis.DeviceOrientationEvent?.requestPermission) {
      answers.push(await DeviceOrientationEvent.requestPermission());
    }
    return answers.every((answer) => answer === "granted");
  } catch {
    return false;
  }
}

export class Motion {
  constructor(sendBytes) {
    this.sendBytes = sendBytes;
    this.readings = [];
    this.take = (event) => this.reading(event);
  }

  start() {
    addEventListener("devicemotion", this.take);
    this.timer = setInterval(() => this.flush(), EVERY_MS);
  }

  stop() {
    removeEventListener("devicemotion", this.take);
    clearInterval(this.timer);
    this.readings = [];
  }

  reading({ timeStamp, rotationRate, acceleration }) {
    if (rotationRate?.alpha == null) return;
    const radians = Math.PI / 180;
    const turn = [rotationRate.alpha, rotationRate.beta, rotationRate.gamma].map((rate) => rate * radians);
    const push = [acceleration?.x ?? 0, acceleration?.y ?? 0, acceleration?.z ?? 0];
    this.readings.push([since(timeStamp), ...turn, ...push]);
    if (this.readings.length >= MOST) this.flush();
  }

  flush() {
    const readings = this.readings.splice(0, MOST);
    if (!readings.length) return;
    const bytes = new Uint8Array(8 + ONE * readings.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x4f, 0x50, 0x4d, 0x31]); // "OPM1"
    view.setUint32(4, readings.length, true);
    readings.forEach(([ms, ...numbers], index) => {
      const at = 8 + ONE * index;
      view.setFloat64(at, ms, true);
      numbers.forEach((number, place) => view.setFloat32(at + 8 + 4 * place, number, true));
    });
    this.sendBytes(bytes);
  }
}

// Orientation alone: the phone looks around from the mark.
export class Facing {
  constructor(send) {
    this.send = send;
    this.take = (event) => this.reading(event);
    this.sent = 0;
  }

  // Resolves to whether the phone says how it is held at all.
  start() {
    this.first = null;
    addEventListener("deviceorientation", this.take);
    return new Promise((done) => {
      this.first = () => done(true);
      setTimeout(() => {
        if (!this.first) return;
        this.stop();
        done(false);
      }, FIRST_MS);
    });
  }

  stop() {
    removeEventListener("deviceorientation", this.take);
    this.first = null;
  }

  reading({ timeStamp, alpha, beta, gamma }) {
    if (alpha == null || beta == null || gamma == null) return;
    this.first?.();
    this.first = null;
    if (timeStamp - this.sent < FACING_MS) return;
    this.sent = timeStamp;
    this.send({ type: "facing", ms: since(timeStamp), angles: [alpha, beta, gamma, screenAngle()] });
  }
}
