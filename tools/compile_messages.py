"""Compile every translation under src/ (.po) into the form Django reads (.mo), without gettext's tools.

The .mo files are made again only when their source is newer, and are never committed.
"""

from __future__ import annotations

import ast
import os
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAGIC = 0x950412DE


def main() -> int:
    """Compile what has changed; 1 when a catalogue cannot be read."""
    for source in sorted((ROOT / "src").rglob("*.po")):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            data = compile_catalogue(read_catalogue(source.read_text(encoding="utf-8")))
        except ValueError as error:
            print(f"{source}: {error}")
            return 1
        # Whole or not at all: tests in two processes may both be at it.
        part = target.with_suffix(f".{os.getpid()}")
        part.write_bytes(data)
        part.replace(target)
    return 0


def read_catalogue(text: str) -> dict[str, str]:
    """Message to translation, as GNU gettext's PO format states them; context and plural forms are
    joined to the key with \\x04 and \\0. Fuzzy and empty translations are left out."""
    out: dict[str, str] = {}
    entry: dict[str, str] = {}
    field, fuzzy = "", False
    for number, raw in enumerate([*text.split("\n"), ""], 1):
        line = raw.strip()
        if line.startswith("#,") and "fuzzy" in line:
            fuzzy = True
        if line.startswith("#"):
            continue
        if not line:
            if not fuzzy:
                out.update(message(entry))
            entry, field, fuzzy = {}, "", False
            continue
        if not line.startswith('"'):
            field, _, line = line.partition(" ")
            entry[field] = ""
        if not field or not line.startswith('"'):
            raise ValueError(f"line {number} is not a part of a message")
        entry[field] += str(ast.literal_eval(line))
    return out


def message(entry: dict[str, str]) -> dict[str, str]:
    """One PO entry as a key and its text; nothing when it is not translated."""
    if "msgid" not in entry:
        return {}
    key = entry["msgid"]
    if "msgctxt" in entry:
        key = entry["msgctxt"] + "\x04" + key
    if "msgid_plural" in entry:
        forms = [text for name, text in sorted(entry.items()) if name.startswith("msgstr[")]
        return {f"{key}\0{entry['msgid_plural']}": "\0".join(forms)} if all(forms) else {}
    text = entry.get("msgstr", "")
    return {key: text} if text else {}


def compile_catalogue(messages: dict[str, str]) -> bytes:
    """The catalogue as a GNU MO file without a hash table (gettext manual, section on MO files)."""
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    count = len(pairs)
    place = 28 + 16 * count
    tables: list[list[int]] = [[], []]
    body = b""
    for which in (0, 1):
        for pair in pairs:
            tables[which] += [len(pair[which]), place + len(body)]
            body += pair[which] + b"\0"
    head = struct.pack("<7I", MAGIC, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    return head + struct.pack(f"<{4 * count}I", *tables[0], *tables[1]) + body


if __name__ == "__main__":
    sys.exit(main())
