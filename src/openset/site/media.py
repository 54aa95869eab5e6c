"""Files to the browser: whole, in ranges (so that a video can be scrubbed), or not at all.

Only files inside a given folder are ever opened; symlinks that lead out of it count as absent.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase

CHUNK = 256 * 1024
TYPES = {
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".jsonl": "application/x-ndjson",
    ".otio": "application/json",
    ".toml": "text/plain; charset=utf-8",
    ".edl": "text/plain; charset=utf-8",
    ".fountain": "text/plain; charset=utf-8",
    ".mhl": "application/xml",
    ".usda": "text/plain; charset=utf-8",
    ".exr": "image/x-exr",
    ".woff2": "font/woff2",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
PAGE_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
)
SHOWN = (
    "image/png",
    "image/jpeg",
    "image/x-exr",
    "video/",
    "font/",
    "text/plain",
    "text/html",
    "text/css",
    "text/javascript",
    "application/json",
    "application/x-ndjson",
)
_RANGE = re.compile(r"^bytes=(?=.*[0-9])([0-9]{0,18})-([0-9]{0,18})$")


def inside(folder: Path, *parts: str) -> Path:
    """The regular file `parts` under `folder`; Http404 when it is absent or lies outside."""
    root = folder.resolve()
    try:
        path = root.joinpath(*parts).resolve()
        found = path.is_relative_to(root) and path != root and path.is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        raise Http404("no such file here")
    return path


def content_type(path: Path) -> str:
    """The media type by the name's ending; octets when unknown."""
    return (
        TYPES.get(path.suffix.lower())
        or mimetypes.guess_type(path.name)[0]
        or "application/octet-stream"
    )


def file_response(
    request: HttpRequest, path: Path, *, download: bool = False, cache_s: int = 0
) -> HttpResponseBase:
    """`path` as an answer with ETag and byte ranges (RFC 9110, 13 and 14). A page inside a
    delivery may run and load nothing; other types a browser could run (SVG, XML) are downloads."""
    stat = path.stat()
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    cache = f"private, max-age={cache_s}" if cache_s else "private, no-cache"
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": cache}
    headers["Last-Modified"] = formatdate(stat.st_mtime, usegmt=True)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    asked = request.headers.get("Range", "").strip()
    if request.headers.get("If-Range", etag) != etag:
        asked = ""
    span = byte_range(asked, stat.st_size)
    if span is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{stat.st_size}"})
    if _RANGE.match(asked):
        # Also for a range that is the whole file: some players take nothing else for an answer.
        headers["Content-Range"] = f"bytes {span[0]}-{sum(span) - 1}/{stat.st_size}"
    return _stream(request, path, span, headers, download)


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """(start, length) asked for; the whole file without a header we understand; None if outside."""
    match = _RANGE.match(header.strip())
    if match is None:
        return 0, size
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (start, end - start + 1) if start <= end else None


def _stream(
    request: HttpRequest,
    path: Path,
    span: tuple[int, int],
    headers: dict[str, str],
    download: bool,
) -> HttpResponseBase:
    start, length = span
    kind = content_type(path)
    status = 206 if "Content-Range" in headers else 200
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(status=status, content_type=kind, headers=headers)
    else:
        read = _read_async if isinstance(request, ASGIRequest) else _read
        chunks = read(path, start, length)
        response = StreamingHttpResponse(chunks, status=status, content_type=kind, headers=headers)
    response.headers["Content-Length"] = str(length)
    if kind.startswith("text/html"):
        response.headers["Content-Security-Policy"] = PAGE_POLICY
    if download or not kind.startswith(SHOWN):
        response.headers["Content-Disposition"] = f'attachment; filename="{_plain(path.name)}"'
    return response


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def _read(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


async def _read_async(path: Path, start: int, length: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := await asyncio.to_thread(file.read, min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
