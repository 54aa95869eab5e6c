// WebXR, where the phone has it: its own poses, sixty a second, in metres.

import { since } from "./phone_time.js";

const NEAR_MS = 200;

export class Augmented {
  constructor(send, ended) {
    this.send = send;
    this.ended = ended;
    this.there = false;
  }

  async look() {
    try {
      this.there = Boolean(await navigator.xr?.isSessionSupported("immersive-ar"));
    } catch {
      this.there = false;
    }
    return this.there;
  }

  async start() {
    if (!this.there) throw new Error("no xr");
    const overlay = { root: document.body };
    this.session = await navigator.xr.requestSession("immersive-ar", {
      optionalFeatures: ["local-floor", "dom-overlay"],
      domOverlay: overlay,
    });
    this.session.addEventListener("end", () => {
      this.session = null;
      this.ended();
    });
    const gl = document.createElement("canvas").getContext("webgl", { xrCompatible: true });
    if (gl) this.session.updateRenderState({ baseLayer: new XRWebGLLayer(this.session, gl) });
    this.space = await this.session.requestReferenceSpace("local");
    const frame = (time, one) => {
      if (!this.session) return;
      this.session.requestAnimationFrame(frame);
      if (gl) {
        gl.bindFramebuffer(gl.FRAMEBUFFER, this.session.renderState.baseLayer.framebuffer);
        gl.clear(gl.COLOR_BUFFER_BIT);
      }
      this.pose(time, one.getViewerPose(this.space));
    };
    this.session.requestAnimationFrame(frame);
  }

  pose(time, viewer) {
    if (!viewer || viewer.emulatedPosition) return;
    const { position: p, orientation: q } = viewer.transform;
    const stamp = Math.abs(time - performance.now()) < NEAR_MS ? time : performance.now();
    this.send({ type: "xr", ms: since(stamp), p: [p.x, p.y, p.z], q: [q.x, q.y, q.z, q.w] });
  }

  stop() {
    const session = this.session;
    this.session = null;
    session?.end().catch(() => {});
  }
}
