"""The browser bundle's files as the build left them: each as it is, and packed beside it as Brotli and gzip.

Packed once, by the build, at the highest level, they are smaller on the way than what a server packs while somebody
waits, and cost it nothing. What a browser takes is read from Accept-Encoding (RFC 9110, 12.5.3).
"""

from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

# Built files carry a hash of their content in their names.
STATIC_CACHE = "public, max-age=31536000, immutable"
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",  # RFC 9239
    ".json": "application/json",
}
PACKINGS = {"br": ".br", "gzip": ".gz"}  # the smallest first


def taken(accepted: str) -> list[str]:
    """The packings that an Accept-Encoding header takes, the smallest first; `*` and unknown names count for nothing."""
    wanted: set[str] = set()
    for part in accepted.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if weight == "" or weight.strip("0."):
            wanted.add(name)
    return [packing for packing in PACKINGS if packing in wanted]


def built_files(folder: Path) -> HTTPRouteHandler:
    """The route of every file that lies in `folder` now, by its bare name; whatever else is asked for is a 404.

    The files are held in memory (some 3 MB): no address leads to a disk, and a new build needs a new start, as its
    names in the pages do.
    """
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    packed = tuple(PACKINGS.values())

    @get("/static/{file_path:path}", include_in_schema=False, sync_to_thread=False)
    def built_file(request: Request[Any, Any, Any], file_path: FromPath[str]) -> Response[bytes]:
        name = file_path.removeprefix("/")
        if name not in files or name.endswith(packed):
            raise NotFoundException()
        headers = {"Cache-Control": STATIC_CACHE, "Vary": "Accept-Encoding"}
        content = files[name]
        for packing in taken(request.headers.get("Accept-Encoding", "")):
            if name + PACKINGS[packing] in files:
                headers["Content-Encoding"] = packing
                content = files[name + PACKINGS[packing]]
                break
        kind = KINDS.get(Path(name).suffix, "application/octet-stream")
        return Response(content, headers=headers, media_type=kind)

    return built_file
