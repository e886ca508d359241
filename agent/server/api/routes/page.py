"""The chat page at `/`, and the files it and every other page with the widget load.

Each file is read and compressed once. Browsers ask every time whether theirs is still the
right one (an entity tag answers), so that a new version of the server is seen at once.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent.server.api.problems import Problem
from agent.server.api.server import ServerOf

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_METHODS = ["GET", "HEAD"]

_INDENTED_COMMENT = re.compile(r"^[ \t]*/\*(?!!).*?\*/[ \t]*\n", re.DOTALL | re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


@dataclass(frozen=True)
class _Asset:
    """A file as it goes over the wire."""

    content: bytes
    compressed: bytes
    etag: str
    media_type: str


@cache
def _asset(name: str, media_type: str) -> _Asset:
    text = (files("agent.server.api") / "static" / name).read_text(encoding="utf-8")
    if name.endswith((".js", ".css")):
        # Comments on lines of their own and indentation are for whoever reads the source.
        text = _INDENTATION.sub("", _INDENTED_COMMENT.sub("", text))
    content = text.encode("utf-8")
    # Weak: the compressed and the plain form count as the same.
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:20]}"'
    return _Asset(content, gzip.compress(content, 9, mtime=0), etag, media_type)


def _response(request: Request, name: str, media_type: str) -> Response:
    asset = _asset(name, media_type)
    headers = {
        "Cache-Control": "no-cache",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        # Pages of other origins may load the script; what it may ask is CORS's business.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or asset.etag in (tag.strip() for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    content = asset.content
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        content = asset.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)


def _takes_gzip(accepted: str) -> bool:
    """Say whether gzip is named and not refused (`gzip;q=0`)."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return not re.fullmatch(r"q=0(\.0*)?", weight.replace(" ", ""))
    return False


@router.api_route("/", methods=_METHODS)
def page(request: Request, server: ServerOf) -> Response:
    """The chat page, unless the settings switch it off."""
    _want_page(server)
    return _response(request, "page.html", "text/html")


@router.api_route("/page.css", methods=_METHODS)
def page_css(request: Request, server: ServerOf) -> Response:
    """How the page looks."""
    _want_page(server)
    return _response(request, "page.css", "text/css")


@router.api_route("/page.js", methods=_METHODS)
def page_js(request: Request, server: ServerOf) -> Response:
    """What the page does besides the widget."""
    _want_page(server)
    return _response(request, "page.js", "text/javascript")


@router.api_route("/icon.svg", methods=_METHODS)
def page_icon(request: Request, server: ServerOf) -> Response:
    """The page's icon."""
    _want_page(server)
    return _response(request, "icon.svg", "image/svg+xml")


@router.api_route("/widget.js", methods=_METHODS)
def widget(request: Request) -> Response:
    """The widget: one file, for any page."""
    return _response(request, "widget.js", "text/javascript")


def _want_page(server: ServerOf) -> None:
    if not server.settings.page:
        raise Problem(404, "There is no page here. /openapi.json lists the addresses there are.")
