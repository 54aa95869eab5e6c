// A WebSocket that comes back by itself: at once, then after 1, 2, 4 ... at most 8 seconds.

const LONGEST_S = 8;

export class Link {
  // hooks: message(object), picture(Blob), waiting(seconds until the next try)
  constructor(path, hooks) {
    this.hooks = hooks;
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.wait_s = 1;
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "blob";
    this.socket.onopen = () => (this.wait_s = 1);
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.hooks.message(JSON.parse(data));
      else this.hooks.picture(data);
    };
    this.socket.onclose = () => this.later();
  }

  later() {
    let left = this.wait_s;
    this.wait_s = Math.min(LONGEST_S, this.wait_s * 2);
    this.hooks.waiting(left);
    const tick = setInterval(() => {
      left -= 1;
      if (left > 0) return this.hooks.waiting(left);
      clearInterval(tick);
      this.open();
    }, 1000);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
