// The delay: a meter that says whether the camera moves enough, ten seconds, the result with its curve.

export function delay(kit) {
  const { find, say, show } = kit;
  let drawn = 0;

  function result(now) {
    const found = now.result;
    find("[data-result]").hidden = !found;
    if (!found || drawn === now.serial) return;
    drawn = now.serial;
    show("verdict", found.refused ? say("d-refused") : say("d-ms", found.ms.toFixed(1), (found.sd_ms ?? 0).toFixed(1)));
    const notes = found.refused ? [kit.trouble({ text: found.refused, todo: found.remedy })] : found.notes;
    kit.list(find("[data-warnings]"), notes.map((text) => [text]));
    for (const item of find("[data-warnings]").children) item.className = "note note--warning";
    find("[data-files-only]").hidden = found.clock !== "first";
    const picture = find("[data-drawing]");
    picture.hidden = false;
    picture.src = kit.address(`delay-new.svg?${now.serial}`);
  }

  function advice(now) {
    const enough = now.motion_px >= now.needed_px;
    if (now.busy) return { text: say("busy") };
    if (now.trouble) return { text: kit.trouble(now.trouble), level: "degraded" };
    if (now.shaking) return enough ? { text: say("d-shake", Math.floor(now.seconds), now.wanted_s), level: "good" } : { text: say("d-more"), level: "degraded" };
    if (now.result?.too_still) return { text: say("d-too-still"), level: "degraded" };
    if (now.result?.refused) return { text: say("d-refused"), level: "degraded" };
    if (now.result) return { text: say(now.used ? "used" : "d-use"), level: "good" };
    if (!now.track) return { text: say("d-track"), level: "degraded" };
    if (!now.tracked) return { text: say("d-silent"), level: "degraded" };
    return { text: say(now.live ? "d-begin" : "d-clip") };
  }

  return {
    show(now) {
      const enough = now.motion_px >= now.needed_px;
      show("motion", say(enough ? "d-good" : "d-little"), enough ? "good" : "degraded");
      show("track", say(now.tracked ? "heard" : "unheard"), now.tracked ? "good" : "degraded");
      show("seconds", now.shaking ? say("views", Math.floor(now.seconds), now.wanted_s) : "–");
      find("[data-meter]").value = Math.min(1.5, now.motion_px);
      result(now);
      return advice(now);
    },
    can: (now) => ({ begin: now.tracked && !now.shaking && !now.busy, use: now.result && !now.result.refused && !now.used }),
    actions: { begin: () => kit.order({ type: "begin" }), use: () => kit.order({ type: "use" }) },
    keys: { " ": "begin", u: "use" },
  };
}
