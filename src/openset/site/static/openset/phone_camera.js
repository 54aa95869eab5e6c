// The phone's camera: its pictures as JPEG, at most two under way, the newest always first.

import { since } from "./phone_time.js";

const LONGEST_SIDE = 1280;
const QUALITY = 0.8;
const UNDER_WAY = 2;
const PATIENCE_MS = 3000;
const HEADER = 32;
const WANTED = {
  audio: false,
  video: {
    facingMode: { ideal: "environment" },
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
  },
};

export class Camera {
  constructor(video, sendBytes) {
    this.video = video;
    this.sendBytes = sendBytes;
    this.canvas = document.createElement("canvas");
    this.paint = this.canvas.getContext("2d", { alpha: false, willReadFrequently: false });
    this.running = false;
    this.tellsTime = false;
    this.number = 0;
    this.forget();
  }

  // Nothing is under way any more: the socket is new.
  forget() {
    this.waiting = new Map();
  }

  taken(number) {
    this.waiting.delete(number);
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("no camera");
    this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
    this.video.srcObject = this.stream;
    await this.video.play();
    this.running = true;
    this.encoding = false;
    this.next();
  }

  stop() {
    this.running = false;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.stream = null;
  }

  next() {
    if (!this.running) return;
    if (this.video.requestVideoFrameCallback) {
      this.video.requestVideoFrameCallback((now, about) => {
        this.next();
        this.tellsTime = about.captureTime !== undefined;
        this.frame(about.captureTime ?? about.presentationTime ?? now, this.tellsTime);
      });
    } else {
      requestAnimationFrame((now) => {
        this.next();
        this.frame(now, false);
      });
    }
  }

  // One picture: drawn, encoded beside the page, sent; or left out while two are under way.
  frame(stamp, tellsTime) {
    const now = performance.now();
    for (const [number, sent] of this.waiting) if (now - sent > PATIENCE_MS) this.waiting.delete(number);
    if (this.encoding || this.waiting.size >= UNDER_WAY || !this.video.videoWidth) return;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(this.video.videoWidth, this.video.videoHeight));
    const width = Math.round(this.video.videoWidth * scale);
    const height = Math.round(this.video.videoHeight * scale);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.paint.drawImage(this.video, 0, 0, width, height);
    this.encoding = true;
    this.canvas.toBlob((blob) => this.post(blob, since(stamp), tellsTime, width, height), "image/jpeg", QUALITY);
  }

  async post(blob, captured_ms, tellsTime, width, height) {
    try {
      if (!blob || !this.running) return;
      const jpeg = await blob.arrayBuffer();
      const bytes = new Uint8Array(HEADER + jpeg.byteLength);
      const view = new DataView(bytes.buffer);
      this.number = (this.number + 1) >>> 0;
      bytes.set([0x4f, 0x50, 0x46, 0x31]); // "OPF1"
      view.setUint32(4, this.number, true);
      view.setFloat64(8, captured_ms, true);
      view.setFloat64(16, since(), true);
      view.setUint16(24, width, true);
      view.setUint16(26, height, true);
      view.setUint8(28, tellsTime ? 1 : 0);
      bytes.set(new Uint8Array(jpeg), HEADER);
      if (this.sendBytes(bytes)) this.waiting.set(this.number, performance.now());
    } finally {
      this.encoding = false;
    }
  }
}
