"""The browser bundle's files: each browser gets the smallest that it takes, and nothing but the build's own files."""

import gzip
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from serment.server.pages.built import built_files, taken

PLAIN = b"export const word = 'rendez-vous';" * 20


@pytest.fixture
async def browser(tmp_path: Path) -> httpx.AsyncClient:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "book-1.js").write_bytes(PLAIN)
    (folder / "book-1.js.br").write_bytes(b"the build's Brotli")
    (folder / "book-1.js.gz").write_bytes(gzip.compress(PLAIN))
    (folder / "tiny-1.css").write_bytes(b"a{}")
    (tmp_path / "secret").write_bytes(b"not for anybody")
    transport = httpx.ASGITransport(Litestar([built_files(folder)], openapi_config=None))
    return httpx.AsyncClient(transport=transport, base_url="http://serment.test")


async def test_a_browser_gets_the_smallest_that_it_takes(browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/static/book-1.js", headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert b"".join([part async for part in answer.aiter_raw()]) == b"the build's Brotli"
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["Cache-Control"]
    for accepted, packing in (("gzip", "gzip"), ("", None), ("br;q=0", None), ("zstd, *", None)):
        answer = await browser.get("/static/book-1.js", headers={"Accept-Encoding": accepted})
        assert (answer.content, answer.headers.get("Content-Encoding")) == (PLAIN, packing)


async def test_a_file_too_small_to_pack_comes_as_it_is(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/static/tiny-1.css", headers={"Accept-Encoding": "gzip, br"})
    assert (answer.status_code, answer.content, "Content-Encoding" in answer.headers) == (200, b"a{}", False)


@pytest.mark.parametrize(
    "path", ["nothing.js", "book-1.js.br", "../secret", "%2e%2e/secret", "..%2fsecret", "", "%00"]
)
async def test_no_address_leads_to_another_file(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/static/{path}")).status_code == 404


def test_what_a_browser_refuses_by_weight_is_not_sent() -> None:
    assert taken("br;q=0.0, gzip;q=0.5") == ["gzip"]
    assert taken("gzip ; q=1, br ; q=0.001") == ["br", "gzip"]
    assert taken("gzip;q=0,br") == ["br"]
    assert taken("") == []
