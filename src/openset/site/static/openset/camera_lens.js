// The lens: coverage as a heat grid, sharpness, what to shoot next; then the result as a picture.

const WIDE = 160;
const SOFT_PX = 1.7;
const PRESSING = new Set(["no-board", "half-covered", "too-small", "too-fine", "underexposed", "overexposed", "blurred", "mirrored", "wrong-board"]);

export function lens(kit) {
  const { find, say, show, draw } = kit;
  let auto = true;
  let shown = "";
  let covered = "";

  function heat(cells, width, height) {
    const mark = JSON.stringify(cells);
    if (mark === covered) return;
    covered = mark;
    find("[data-been]").hidden = !cells.flat().some(Boolean);
    const svg = find("[data-heat]");
    const high = (WIDE * height) / width;
    svg.setAttribute("viewBox", `0 0 ${WIDE} ${high}`);
    svg.replaceChildren();
    const [w, h] = [WIDE / cells[0].length, high / cells.length];
    cells.forEach((row, y) =>
      row.forEach((count, x) => {
        const level = count ? Math.min(4, 1 + Math.floor(Math.log2(count / 4 + 1))) : 0;
        const cell = draw(svg, "rect", { x: x * w + 0.5, y: y * h + 0.5, width: w - 1, height: h - 1, class: `heat--${level}` });
        draw(svg, "title", {}, cell).textContent = say("cell", count);
      }),
    );
  }

  function result(found, used) {
    find("[data-result]").hidden = !found;
    const mark = JSON.stringify([found?.fx_px, found?.map_px, used]);
    if (!found || mark === shown) return (shown = found ? shown : "");
    shown = mark;
    find('[data-row="focal_mm"]').hidden = found.focal_mm == null;
    show("focal_mm", found.focal_mm == null ? "" : say("focal_mm", found.focal_mm.toFixed(2)));
    show("focal", say("focal", found.fx_px.toFixed(1), found.fx_90_px.toFixed(1)));
    show("degrees", say("degrees", found.degrees.toFixed(1)));
    show("rms", say("px", found.rms_px.toFixed(2)));
    show("map", say("px", found.map_px.toFixed(2)));
    picture(found);
    kit.list(find("[data-warnings]"), found.warnings.map((each) => [kit.coded("w", each)]));
    for (const item of find("[data-warnings]").children) item.className = "note note--warning";
    if (!used) find("[data-result]").scrollIntoView({ block: "nearest" });
  }

  function picture(found) {
    const svg = find("[data-map]");
    const scale = WIDE / found.width_px;
    const high = found.height_px * scale;
    svg.setAttribute("viewBox", `0 0 ${WIDE} ${high}`);
    svg.replaceChildren();
    const [w, h] = [WIDE / found.map[0].length, high / found.map.length];
    const level = (px) => (px < 0.05 ? 0 : px < 0.1 ? 1 : px < 0.25 ? 2 : px < 1 ? 3 : 4);
    found.map.forEach((row, y) => row.forEach((px, x) => draw(svg, "rect", { x: x * w, y: y * h, width: w, height: h, class: `unsure--${level(px)}` })));
    for (const line of found.grid) {
      draw(svg, "polyline", { points: line.map(([x, y]) => `${(x * scale).toFixed(2)},${(y * scale).toFixed(2)}`).join(" "), class: "bent" });
    }
    const corners = [[0, 0], [0, -1], [-1, 0], [-1, -1]].map(([y, x]) => [y, x, found.map.at(y).at(x)]);
    for (const [y, x, px] of [...corners, [4, 8, found.map[4][8]]]) {
      const place = { x: x === 8 ? WIDE / 2 : x ? WIDE - 3 : 3, y: y === 4 ? high / 2 + 2.5 : y ? high - 3 : 8, class: "unsure__px" };
      place["text-anchor"] = x === 8 ? "middle" : x ? "end" : "start";
      draw(svg, "text", place).textContent = px.toFixed(2);
    }
  }

  function removal(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = "✕";
    button.setAttribute("aria-label", say("drop", name));
    button.addEventListener("click", () => kit.order({ type: "drop", view: name }));
    return button;
  }

  function advice(now) {
    if (now.busy) return { text: say("busy") };
    if (now.trouble) return { text: kit.trouble(now.trouble), level: "degraded" };
    if (now.result) return { text: now.used ? say("used") : say("n-use"), level: "good" };
    const trouble = now.seen?.trouble;
    if (trouble && PRESSING.has(trouble.code)) return { text: kit.coded("t", trouble), level: "degraded" };
    const wanting = now.next.find(({ code }) => code !== "views") ?? now.next[0];
    if (!wanting) return { text: say("n-enough"), level: "good" };
    const n = { views: Math.max(1, now.wanted - now.views.length), cells: Math.round(now.part * 100) }[wanting.code];
    return { text: kit.coded("n", wanting, n) };
  }

  return {
    show(now, all) {
      auto = now.auto;
      find('[data-do="auto"]').setAttribute("aria-pressed", String(auto));
      show("count", say("views", now.views.length, now.wanted), now.views.length >= now.wanted ? "good" : "");
      show("part", `${Math.round(now.part * 100)} %`, now.part >= 0.7 ? "good" : "");
      const blur = now.seen?.there ? now.seen.blur_px : null;
      const soft = blur > Math.max(SOFT_PX, 0) && now.seen.trouble?.code === "blurred";
      show("sharp", blur == null ? "–" : say(soft ? "soft" : "sharp"), blur == null ? "" : soft ? "degraded" : "good");
      heat(now.cells, all.picture.width, all.picture.height);
      result(now.result, now.used);
      kit.list(find("[data-views]"), now.views.toReversed().map(({ name, blur_px }) => [`${name} · ${say("px", blur_px.toFixed(1))}`, removal(name)]));
      const refused = [...(now.result?.refused ?? []), ...now.rejected];
      kit.list(find("[data-rejected]"), refused.map((each) => [`${each.view}: ${kit.coded("t", each)}`]));
      find("[data-others]").hidden = !now.others;
      find("[data-others]").textContent = say("others", now.others);
      return advice(now);
    },
    can: (now) => ({
      keep: now.seen?.there && !now.busy,
      auto: true,
      solve: now.views.length >= now.least && !now.busy,
      use: now.result && !now.used,
    }),
    actions: {
      keep: () => kit.order({ type: "keep" }),
      auto: () => kit.order({ type: "auto", on: !auto }),
      solve: () => kit.order({ type: "solve" }),
      use: () => kit.order({ type: "use" }),
    },
    keys: { " ": "keep", a: "auto", w: "solve", u: "use" },
  };
}
