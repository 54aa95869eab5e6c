// The screen: its patches opened on it, the camera aimed, the parts of the way with what is not known.

const PARTS = ["loop", "processing", "capture", "display"];
const WORDS = ["title", "waiting", "over", "left", "right", "go"];

export function screen(kit) {
  const { find, say, show } = kit;
  const form = find("[data-screen]");
  let shown = "";
  let asked = false;

  form.addEventListener("submit", (event) => event.preventDefault());

  function open() {
    asked = true;
    const page = Object.fromEntries(WORDS.map((name) => [name, say(`p-${name}`)]));
    const words = { ...page, language: document.documentElement.lang };
    kit.order({ type: "open", network: form.network.checked || !here(), words });
  }

  function begin() {
    if (!form.reportValidity()) return;
    kit.order({ type: "begin", capture_ms: form.capture.value.trim().replace(",", ".") });
  }

  // Whether this browser runs on the machine that measures.
  const here = () => ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

  function addresses(now) {
    const place = find("[data-opened]");
    const opened = ["waiting", "aiming"].includes(now.state);
    place.hidden = !opened;
    if (!opened || place.dataset.path === now.path) return;
    place.dataset.path = now.path;
    const hosts = form.network.checked || !here() ? [location.hostname, ...JSON.parse(form.dataset.addresses)] : [location.hostname];
    const items = [...new Set(hosts)].map((host) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = link.textContent = `http://${host}:${now.port}${now.path}`;
      link.target = "_blank";
      link.rel = "noopener";
      link.dir = "ltr";
      item.append(link);
      return item;
    });
    find("[data-links]").replaceChildren(...items);
    if (asked) items[0].firstChild.focus();
    asked = false;
  }

  function result(found) {
    find("[data-result]").hidden = !found;
    const mark = JSON.stringify(found);
    if (!found || mark === shown) return;
    shown = mark;
    for (const name of PARTS) {
      const part = found[name];
      show(`part-${name}`, part ? say("d-ms", part.ms.toFixed(1), part.sd_ms.toFixed(1)) : say("s-unknown"));
    }
    show("verdict", found.refused ? say("d-refused") : say("s-sights", found.sights, found.pictures));
    const notes = found.refused ? [kit.trouble({ text: found.refused, todo: found.remedy })] : found.unknown.map((each) => kit.coded("u", each));
    kit.list(find("[data-warnings]"), notes.map((text) => [text]));
    for (const item of find("[data-warnings]").children) item.className = "note note--warning";
  }

  function advice(now) {
    if (!now.live) return { text: say("s-clip"), level: "degraded" };
    if (now.trouble) return { text: kit.trouble(now.trouble), level: "degraded" };
    if (now.state === "running") return { text: say("s-run", now.pictures), level: "good" };
    if (now.state === "waiting") return { text: say("s-wait") };
    if (now.state === "aiming") return now.read ? { text: say("s-begin"), level: "good" } : { text: say("s-aim"), level: "degraded" };
    if (now.result) return now.result.refused ? { text: say("d-refused"), level: "degraded" } : { text: say("s-done"), level: "good" };
    return { text: say("s-open") };
  }

  return {
    show(now) {
      show("patches", say({ closed: "s-closed", waiting: "s-waiting", aiming: "s-shown", running: "s-shown" }[now.state]), now.state === "closed" ? "" : "good");
      show("read", say(now.read || now.state === "running" ? "s-read" : "s-unread"), now.read ? "good" : "");
      show("pictures", now.state === "running" ? String(now.pictures) : "–");
      addresses(now);
      result(now.result);
      return advice(now);
    },
    can: (now) => ({
      open: now.live && now.state !== "running",
      begin: now.state === "aiming" && now.read,
      close: now.state !== "closed",
    }),
    actions: { open, begin, close: () => kit.order({ type: "close" }) },
    keys: { " ": "begin", o: "open" },
  };
}
