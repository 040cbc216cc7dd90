# SPDX-License-Identifier: AGPL-3.0-or-later
"""The limit of (a): a Litestar route that returns the bytes of the file ANSWER, served as `serve` serves."""

from __future__ import annotations

import os
from pathlib import Path

import uvicorn
from litestar import Litestar, MediaType, Response, get

ANSWER = Path(os.environ["ANSWER"]).read_bytes()


@get("/", sync_to_thread=False)
def answer() -> Response[bytes]:
    return Response(ANSWER, media_type=MediaType.JSON)


@get("/healthz", sync_to_thread=False)
def healthz() -> str:
    return "ok"


if __name__ == "__main__":
    uvicorn.run(
        Litestar([answer, healthz], openapi_config=None, logging_config=None),
        host="127.0.0.1",
        port=int(os.environ["SERMENT_PORT"]),
        http="httptools",
        loop="uvloop",
        server_header=False,
        access_log=False,
        log_level="warning",
    )
