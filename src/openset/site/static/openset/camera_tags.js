// The tags: which are seen, how well each is tied in, the taped distance, the map.

export function tags(kit) {
  const { find, say, show } = kit;
  const form = find("[data-tapes]");
  let drawn = 0;

  form.addEventListener("submit", (event) => event.preventDefault());

  const named = (name, numbers) => say(name).replace("{tags}", numbers.length > 8 ? `${numbers.slice(0, 8).join(", ")} …` : numbers.join(", "));

  function badges(now) {
    const places = new Map(now.tags.map(({ id, pictures }) => [id, pictures]));
    const all = [...new Set([...now.wanted, ...places.keys()])].sort((a, b) => a - b);
    const seen = new Set(now.seen);
    const list = find("[data-tags]");
    const mark = JSON.stringify([all.map((id) => [id, places.get(id) ?? 0]), now.seen]);
    if (list.dataset.mark === mark) return;
    list.dataset.mark = mark;
    list.replaceChildren(
      ...all.map((id) => {
        const item = document.createElement("li");
        const count = places.get(id) ?? 0;
        item.dataset.level = count >= now.sure ? "sure" : count ? "weak" : "";
        if (seen.has(id)) item.dataset.seen = "";
        item.textContent = id;
        item.title = say("tag", id, count);
        return item;
      }),
    );
  }

  function result(now) {
    const found = now.result;
    find("[data-result]").hidden = !found;
    if (!found || drawn === now.serial) return;
    drawn = now.serial;
    const verdict = [found.usable ? "" : say("map_bad"), say("map_sure", found.tags, found.sd_mm.toFixed(1)), found.taped ? "" : say("map_printed")];
    show("verdict", verdict.filter(Boolean).join(" "));
    kit.list(find("[data-warnings]"), found.findings.map((each) => [kit.has(`f-${each.code}`) ? named(`f-${each.code}`, each.tags) : `${each.text}. ${each.todo}`]));
    for (const item of find("[data-warnings]").children) item.className = "note note--warning";
    const picture = find("[data-drawing]");
    picture.hidden = false;
    picture.src = kit.address(`tags-new.svg?${now.serial}`);
  }

  function advice(now) {
    const places = new Map(now.tags.map(({ id, pictures }) => [id, pictures]));
    if (now.busy) return { text: say("busy") };
    if (!now.lens && !now.trouble) return { text: say("a-lens"), level: "degraded" };
    if (now.trouble) return { text: kit.trouble(now.trouble), level: "degraded" };
    if (now.result) return { text: say(now.used ? "used" : "a-use"), level: now.result.usable ? "good" : "degraded" };
    if (now.mirrored.length) return { text: named("a-mirrored", now.mirrored), level: "degraded" };
    if (!now.seen.length && now.pictures < now.most) return { text: say("a-none"), level: "degraded" };
    const missing = now.wanted.filter((id) => !places.has(id));
    const weak = now.tags.filter(({ pictures }) => pictures < now.sure).map(({ id }) => id);
    if (missing.length && now.tags.length) return { text: named("a-missing", missing) };
    if (weak.length) return { text: named("a-weak", weak) };
    if (now.seen.length === 1 && now.pictures < now.least) return { text: say("a-one"), level: "degraded" };
    return { text: say("a-enough"), level: "good" };
  }

  function order() {
    const given = Object.fromEntries(new FormData(form));
    const whole = given.first && given.second && given.metres;
    if (!form.reportValidity()) return;
    kit.order({ type: "solve", tapes: whole ? [`${given.first}-${given.second}:${given.metres.replace(",", ".")}`] : [], floor: given.floor });
  }

  return {
    show(now) {
      show("seen", String(now.seen.length));
      show("mapped", say("views", now.tags.length, Math.max(now.wanted.length, now.tags.length)), now.tags.length >= now.wanted.length ? "good" : "");
      show("pictures", say("views", now.pictures, now.most));
      badges(now);
      result(now);
      return advice(now);
    },
    can: (now) => ({ solve: now.lens && now.pictures >= now.least && !now.busy, again: now.pictures && !now.busy, use: now.result && !now.used }),
    actions: { solve: order, again: () => kit.order({ type: "again" }), use: () => kit.order({ type: "use" }) },
    keys: { w: "solve", u: "use" },
  };
}
