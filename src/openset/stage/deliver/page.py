"""passport.html: the passport as one printable page in plain words. It runs nothing and loads nothing
but the contact pictures that lie beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from openset.stage.deliver.model import EDL_FILE, OTIO_FILE
from openset.stage.record.model import CONTACT_FILE

Row = tuple[str, str]

STYLE = """
:root { --ground: #f7f4ef; --panel: #fffdfa; --line: #d6cfc4; --text: #1d1b18; --quiet: #59534a;
  --accent: #a83d00; --amber: #7d5200; --green: #1a6437; --shade: #ece6dc; color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 "Noto Sans", "Segoe UI", "DejaVu Sans", system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2.5rem max(1rem, 4vw) 4rem; }
h1 { font-size: 2.25rem; line-height: 1.15; margin: 0; }
h2 { font-size: 1.375rem; margin: 3rem 0 0.75rem; padding-top: 1rem;
  border-top: 3px solid var(--accent); }
h3 { font-size: 1rem; margin: 0 0 0.25rem; }
p { max-width: 68ch; margin: 0 0 1rem; }
a { color: var(--accent); }
code, .slate, .timecode { font-family: "Noto Sans Mono", "DejaVu Sans Mono", ui-monospace, monospace; }
code { overflow-wrap: anywhere; } td:first-child code { white-space: nowrap; }
.files td:first-child code { white-space: normal; }
pre { background: var(--shade); padding: 0.75rem 1rem; overflow-x: auto; }
.eyebrow { color: var(--quiet); margin: 0; }
.slate { font-weight: 650; white-space: nowrap; }
.quiet { color: var(--quiet); }
.sum { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1px;
  background: var(--line); border: 1px solid var(--line); margin: 2rem 0; padding: 0; }
.sum div { background: var(--panel); padding: 0.75rem 1rem; }
.sum dt { color: var(--quiet); font-size: 0.875rem; }
.sum dd { margin: 0; font-size: 1.25rem; font-weight: 600; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; background: var(--panel); margin: 0 0 1rem; }
caption { text-align: start; font-weight: 600; padding: 0.5rem 0; }
th, td { text-align: start; vertical-align: top; padding: 0.375rem 0.75rem;
  border: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--quiet); }
thead th { background: var(--shade); color: var(--text); }
.figures th { width: 12rem; }
.number { text-align: end; }
.pairs { display: grid; align-items: start; gap: 0 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr)); }
.media td:last-child { white-space: nowrap; }
.files td, .files th { font-size: 0.8125rem; padding: 0.1875rem 0.5rem; overflow-wrap: anywhere; }
.state { display: inline-block; border: 1px solid currentColor; border-radius: 3px;
  padding: 0 0.5rem; font-size: 0.875rem; font-weight: 600; }
.whole { color: var(--green); } .marred { color: var(--amber); }
figure { margin: 0 0 1.25rem; } figcaption { color: var(--quiet); font-size: 0.875rem; }
figure img { display: block; width: 100%; height: auto; background: #181818; }
li { margin-bottom: 0.375rem; max-width: 76ch; }
.scroll { overflow-x: auto; }
@page { size: A4; margin: 14mm 12mm; }
@media print {
  body { background: none; font-size: 9.5pt; } main { padding: 0; max-width: none; }
  h2 { margin-top: 1.5rem; break-after: avoid; } .take { break-before: page; }
  figure, tr, .pairs > *, pre { break-inside: avoid; } a { color: inherit; }
}
"""

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WHAT = {
    "plate": "the camera's picture",
    "composite": "the picture as it was seen on the stage",
    "matte": "the key: white is subject",
}


def passport_page(passport: Mapping[str, Any], passport_xxh128: str) -> str:
    """The page of a passport; `passport_xxh128`, printed on it, pins passport.json to the paper."""
    title = passport["production"]["title"]
    takes: Sequence[Mapping[str, Any]] = passport["takes"]
    body = [
        _head(passport),
        _sum(passport),
        _contents(passport),
        _cut(passport),
        _promises(passport["not_promised"]),
        _checking(passport_xxh128),
        *(_take(take) for take in takes),
        _conventions(passport["conventions"]),
        _files(passport["files"]),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Passport: {escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{''.join(body)}</main>\n</body>\n</html>\n"
    )


def size_words(count: int) -> str:
    """Bytes as people say them: 61.0 kB, 1.24 GB."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"


def _head(passport: Mapping[str, Any]) -> str:
    return (
        f'<header>\n<p class="eyebrow">Passport of a delivery</p>\n'
        f"<h1>{escape(passport['production']['title'])}</h1>\n"
        f'<p class="quiet">Made on {_moment(passport["made_at"])} with '
        f"{escape(passport['software'])}. Production "
        f'<span class="slate">{escape(passport["production"]["id"])}</span>.</p>\n'
        "</header>\n"
    )


def _sum(passport: Mapping[str, Any]) -> str:
    takes, cut = passport["takes"], passport["cut"]
    seconds = sum(take["picture"]["duration_s"] for take in takes)
    held = sum(take["figures"]["held"] + take["figures"]["without_pose"] for take in takes)
    dropped = sum(take["figures"].get("dropped", 0) for take in takes)
    rows = [
        ("Takes", str(len(takes))),
        ("Frames", str(cut["frames"])),
        ("Running time", duration_words(seconds)),
        ("Frame rate", f"{rate_words(cut['rate'])}"),
        ("Dropped frames", str(dropped)),
        ("Held poses", str(held)),
        ("Size", size_words(sum(file["bytes"] for file in passport["files"]))),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>\n" for name, value in rows)
    return f'<dl class="sum">\n{cells}</dl>\n'


def duration_words(seconds: float) -> str:
    """Seconds as people say them: 8.8 s, 12 min 03 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def rate_words(rate: str) -> str:
    """'25' to '25 fps', '30000/1001' to '29.97 fps'."""
    whole, _, part = rate.partition("/")
    return f"{int(whole) / int(part or 1):.5g} fps"


def _contents(passport: Mapping[str, Any]) -> str:
    rows = [
        ("takes/", "one folder a take: plate, composite, matte, camera, ST maps, track, frame table"),
        (OTIO_FILE, "the cut for editing programs: composites on top, plates under them, switched off"),
        (EDL_FILE, "the same cut as a CMX 3600 edit list; record starts at 01:00:00:00"),
        *(
            (f"{entry['folder']}/", f"the set {entry['name']!r} as USD, {entry['file_count']} files")
            for entry in passport["sets"]
        ),
        ("passport.json", "this page for machines, with the hash of every file"),
        ("ascmhl/", "the seal: an ASC MHL manifest of everything here"),
    ]
    return _section("What is here", _table([("Where", "What")], rows, code=True))


def _cut(passport: Mapping[str, Any]) -> str:
    rows = [
        (
            str(number),
            take["id"],
            take["picture"]["start_timecode"],
            take["picture"]["end_timecode"],
            str(take["picture"]["frames"]),
        )
        for number, take in enumerate(passport["takes"], 1)
    ]
    cut = passport["cut"]
    words = (
        f"<p>Takes in scene order, {cut['frames']} frames from {_timecode(cut['record_start'])} to "
        f"{_timecode(cut['record_end'])}. Out points are the frame after the last.</p>\n"
    )
    heads = [("Order", "Take", "Source in", "Source out", "Frames")]
    return _section("The cut", words + _table(heads, rows))


def _take(take: Mapping[str, Any]) -> str:
    folder = take["folder"]
    show = (
        f'<figure><img src="{escape(folder)}/{CONTACT_FILE}" alt="Take {escape(take["id"])}: plate, '
        'matte where recorded, and composite at moments of the take"></figure>\n'
    )
    parts = [
        _figures("Picture", _picture_rows(take)),
        _figures("Camera and track", [*_solve_rows(take.get("solve")), *_track_rows(take)]),
        _figures("Lens", _lens_rows(take["lens"])),
        _figures("Key and background", _key_rows(take)),
    ]
    return (
        f'<section class="take">\n<h2><span class="slate">{escape(take["id"])}</span></h2>\n'
        f"<p>{_verdict(take)}</p>\n{_marks(take['marks'])}{show}"
        f'<div class="pairs">\n{"".join(parts)}</div>\n{_media(take)}{_faults(take["faults"])}'
        "</section>\n"
    )


def _verdict(take: Mapping[str, Any]) -> str:
    figures = take["figures"]
    troubles = [
        f"{count} frames {word}"
        for count, word in (
            (figures.get("dropped", 0), "dropped"),
            (figures["held"], "with a held pose"),
            (figures["without_pose"], "without a pose"),
        )
        if count
    ]
    if take["state"] == "recovered":
        troubles.insert(0, "recovered after it was cut off")
    if troubles:
        return f'<span class="state marred">△ {escape(", ".join(troubles))}</span>'
    return '<span class="state whole">✓ every frame recorded, each with a fresh pose</span>'


def _marks(marks: Mapping[str, Any]) -> str:
    words = ["Circled."] if marks["circled"] else []
    if marks["rating"]:
        words.append(f"{marks['rating']} of 5 stars.")
    if marks["note"]:
        words.append(f"“{marks['note']}”")
    return f"<p>{escape(' '.join(words))}</p>\n" if words else ""


def _picture_rows(take: Mapping[str, Any]) -> list[Row]:
    picture = take["picture"]
    return [
        ("Frames", f"{picture['frames']} in {picture['duration_s']:.2f} s"),
        ("Size", f"{picture['width_px']} × {picture['height_px']}"),
        ("Frame rate", rate_words(picture["rate"])),
        ("Timecode", f"{picture['start_timecode']} to {picture['end_timecode']}"),
        ("Rolled", _moment(take["started_at"])),
        ("Ended by", take["reason"] or "not told"),
    ]


def _track_rows(take: Mapping[str, Any]) -> list[Row]:
    figures = take["figures"]
    return [
        ("Delay of the picture", f"{figures['delay_ms']:.1f} ms"),
        ("Fresh poses", str(figures["tracked"])),
        ("Held poses", str(figures["held"])),
        ("No pose", str(figures["without_pose"])),
        ("Oldest pose used", f"{figures['longest_age_ms']:.1f} ms"),
        ("Frames dropped", str(figures.get("dropped", "not counted"))),
        ("Tracker reports kept", str(figures["tracker_reports"])),
    ]


def _solve_rows(solve: Mapping[str, Any] | None) -> list[Row]:
    if solve is None:
        return []
    return [
        ("Camera", "solved from the picture after the take"),
        ("Picture against track", f"{solve['residual_before_px']:.2f} px as shot, "
         f"{solve['residual_after_px']:.2f} px solved"),
        ("Delay solved", f"{solve['delay_ms']:.1f} ms"),
    ]  # fmt: skip


def _lens_rows(lens: Mapping[str, Any] | None) -> list[Row]:
    if lens is None:
        return [("Lens", "not known")]
    low, high = lens["focal_range_mm"]
    focal = f"{low:.2f} mm" if high - low < 0.005 else f"{low:.2f} to {high:.2f} mm"
    bends = ", ".join(f"{name} {value:+.4g}" for name, value in lens["brown_conrady"].items() if value)
    wide, high_px = lens["straight_size_px"]
    focus, stop = lens["focus_distance_m"], lens["f_stop"]
    return [
        ("Focal length", focal),
        ("Sensor", f"{lens['sensor_width_mm']:.2f} × {lens['sensor_height_mm']:.2f} mm"),
        ("Principal point", f"{lens['centre_px'][0]:.1f}, {lens['centre_px'][1]:.1f} px"),
        ("Distortion", bends or "none known"),
        ("Straight picture", f"{wide} × {high_px} ({(lens['overscan'] - 1) * 100:.1f} % overscan)"),
        ("Change in the take", f"{lens['drift_px']:.2f} px at most"),
        ("Focus", f"{focus:.2f} m" if focus else "not told"),
        ("Stop", f"f/{stop:g}" if stop else "not told"),
    ]


def _key_rows(take: Mapping[str, Any]) -> list[Row]:
    background, key = take["background"], take["key"]
    rows = [
        ("Set", f"{background['set']}{'' if background['included'] else ' (not in this delivery)'}"),
        ("Rendered by", background["backend"]),
    ]
    if key is None:
        return [*rows, ("Key score", "not measured")]
    worst = min(key["moments"], key=lambda moment: moment["score"])
    return [
        *rows,
        ("Key score", f"{key['score']:.0f} of 100, mean of {len(key['moments'])} moments"),
        ("Weakest moment", f"{worst['score']:.0f} at {worst['timecode']}"),
        ("Screen in picture", f"{worst['screen_coverage'] * 100:.0f} %"),
        ("Unevenness", f"{worst['evenness_stops']:.2f} stops"),
    ]


def _media(take: Mapping[str, Any]) -> str:
    rows = [
        (
            medium["file"],
            _WHAT[medium["what"]],
            f"{medium['codec']}, {medium['pixel_format']}",
            medium["colour"],
            f"{medium['megabits_per_s']:.1f} Mb/s",
        )
        for medium in take["media"]
    ]
    heads = [("File", "What", "Coded as", "Colour", "Rate")]
    return (
        f'<div class="scroll media">{_table(heads, rows, caption="Moving pictures", code=True)}</div>'
    )


def _faults(faults: Sequence[Mapping[str, str]]) -> str:
    if not faults:
        return ""
    rows = [(fault["timecode"], fault["kind"], fault["text"]) for fault in faults]
    return _table([("Timecode", "Kind", "What happened")], rows, caption="Noted while it rolled")


def _promises(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>\n" for sentence in sentences)
    return _section("What is not promised", f"<ul>\n{items}</ul>\n")


def _checking(passport_xxh128: str) -> str:
    return _section(
        "How to check this delivery",
        "<p>With Openset, in the folder that holds this page. It hashes every file again, decodes "
        "every frame, and works out the figures on this page anew:</p>\n<pre>openset verify .</pre>\n"
        "<p>With any program that reads ASC MHL, for example the ASC's own, given the whole path of "
        "this folder. It hashes every file again, names what has changed, and adds its own generation "
        "to the seal:</p>\n<pre>ascmhl create -h xxh128 /path/to/this/folder</pre>\n"
        f"<p>The hash (xxh128) of <code>passport.json</code> is <code>{passport_xxh128}</code>. "
        "Kept on paper, or sent by another way, it shows that a passport is the one made with this "
        "page.</p>\n",
    )


def _conventions(conventions: Mapping[str, str]) -> str:
    rows = [(name.replace("_", " "), text) for name, text in conventions.items()]
    return _section("How to read the figures", _figures("", rows))


def _files(files: Sequence[Mapping[str, Any]]) -> str:
    rows = [(file["path"], size_words(file["bytes"]), file["xxh128"]) for file in files]
    table = _table([("File", "Size", "xxh128")], rows, code=True).replace(
        "<table", '<table class="files"'
    )
    return _section("Every file", table)


def _section(title: str, inner: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{inner}</section>\n"


def _figures(title: str, rows: Iterable[Row]) -> str:
    """A table of names and values."""
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>\n'
        for name, value in rows
    )
    return f'<table class="figures">{caption}\n<tbody>\n{lines}</tbody>\n</table>\n'


def _table(
    heads: Sequence[Sequence[str]],
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    code: bool = False,
) -> str:
    """A table with a head; with `code` the first column is a file name."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads[0])
    lines = []
    for row in rows:
        first = f"<code>{escape(row[0])}</code>" if code else escape(row[0])
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        lines.append(f"<tr><td>{first}</td>{cells}</tr>\n")
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{told}<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(lines)}</tbody></table>\n"


def _timecode(text: str) -> str:
    return f'<span class="timecode">{escape(text)}</span>'


def _moment(iso: str) -> str:
    """22 November 2026, 20:49:12 UTC; the month in English whatever the machine speaks."""
    at = datetime.fromisoformat(iso)
    zone = at.tzname() or ""
    return escape(f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M:%S} {zone}".strip())
