// The take page: the strip under the video shows where it plays, and a click on it goes there.

const root = document.querySelector("[data-take]");
const video = root?.querySelector("[data-video]");
const strip = root?.querySelector("[data-timeline]");

if (video && strip) {
  const bar = strip.querySelector("svg");
  const head = strip.querySelector("[data-playhead]");
  const duration = Number(strip.dataset.duration) || 1;

  const draw = () => {
    head.setAttribute("x", Math.min(100, (100 * video.currentTime) / duration));
    if (!video.paused) requestAnimationFrame(draw);
  };
  const go = (seconds) => {
    video.currentTime = Math.max(0, Math.min(seconds, duration));
  };
  for (const name of ["play", "seeked", "timeupdate"]) video.addEventListener(name, draw);

  bar.addEventListener("pointerdown", (event) => {
    const box = bar.getBoundingClientRect();
    const seek = (at) => go((duration * (at.clientX - box.left)) / box.width);
    seek(event);
    bar.setPointerCapture(event.pointerId);
    bar.onpointermove = seek;
    bar.onpointerup = () => (bar.onpointermove = null);
  });
  for (const button of document.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => {
      video.pause();
      go(Number(button.dataset.jump));
      video.scrollIntoView({ block: "nearest" });
    });
  }

  // One frame back and forward with the keys editors use.
  const [top, bottom] = (root.dataset.rate || "25").split("/").map(Number);
  const frame = (bottom || 1) / top;
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, video") || event.ctrlKey || event.metaKey) return;
    if (event.key === "," || event.key === ".") {
      video.pause();
      go(video.currentTime + (event.key === "." ? frame : -frame));
    }
  });
}
