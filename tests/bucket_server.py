# SPDX-License-Identifier: AGPL-3.0-or-later
"""A service with object lock and rights, written by others (moto), as a process on this machine; and a bad line to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import httpx
from botocore.config import Config

LOCKED, PLAIN = "serment-backups", "plain"
REGION = "us-east-1"
START_SECONDS_MAX = 60
HOW_TO = Path(__file__).parents[1] / "docs" / "how-to" / "backup.md"


@dataclass(frozen=True)
class Service:
    """`root` may all; of `keys`, `sends` and `reads` have the rights that the how-to names, as it writes them."""

    url: str
    root: Any
    keys: dict[str, tuple[str, str]]

    def client(self, whose: str) -> Any:
        """With the rights of `sends` or `reads`, and a client's whole vocabulary."""
        return _client("s3", self.url, *self.keys[whose])

    def write_config(
        self, folder: Path, whose: str, more: str = "", *, bucket: str = LOCKED, url: str = ""
    ) -> Path:
        """backup.toml's [s3] or a fetcher's, with its file of credentials beside."""
        (folder / whose).write_text("\n".join(self.keys[whose]) + "\n")
        (folder / whose).chmod(0o600)
        path = folder / f"{whose}.toml"
        path.write_text(
            f'[s3]\nendpoint = "{url or self.url}"\nregion = "{REGION}"\nbucket = "{bucket}"\ncredentials = "{whose}"\n{more}'
        )
        return path


@contextlib.contextmanager
def service() -> Iterator[Service]:
    """Until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(url, process)
        root, iam = (_client(what, url, "root", "root") for what in ("s3", "iam"))
        root.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
        root.create_bucket(Bucket=PLAIN)
        keys = {"root": ("root", "root")}
        for whose, policy in zip(("sends", "reads"), _policies(), strict=True):
            iam.create_user(UserName=whose)
            iam.put_user_policy(UserName=whose, PolicyName=whose, PolicyDocument=policy)
            key = iam.create_access_key(UserName=whose)["AccessKey"]
            keys[whose] = (key["AccessKeyId"], key["SecretAccessKey"])
        iam.create_user(UserName="root")
        everything = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
        iam.put_user_policy(UserName="root", PolicyName="root", PolicyDocument=json.dumps(everything))
        key = iam.create_access_key(UserName="root")["AccessKey"]
        keys["root"] = (key["AccessKeyId"], key["SecretAccessKey"])
        httpx.post(
            f"{url}/moto-api/reset-auth", content=b"0", headers={"Content-Type": "text/plain"}
        )  # from here on rights count
        yield Service(url, _client("s3", url, *keys["root"]), keys)
    finally:
        process.kill()
        process.wait()


def _policies() -> list[str]:
    """The two that the how-to has people paste."""
    return [each.split("```")[0] for each in HOW_TO.read_text("utf-8").split("```json\n")[1:]]


def _client(what: str, url: str, key_id: str, secret: str) -> Any:
    return botocore.session.Session().create_client(
        what, region_name=REGION, endpoint_url=url, aws_access_key_id=key_id, aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )  # fmt: skip


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            httpx.get(f"{url}/moto-api/", timeout=5)
            return
        except httpx.TransportError:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.05)


class BadLine:
    """Passes requests on to a service, but for the next ones: `busy` of them are answered 503, then `cut` of them hear nothing,
    the bytes of the request having arrived."""

    def __init__(self, url: str) -> None:
        self.busy = self.cut = 0
        self.asked: list[str] = []
        behind, line = urlsplit(url).netloc, self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                line.asked.append(self.command)
                if line.busy:
                    line.busy -= 1
                    self._answer(503, [("Content-Type", "text/xml")], b"<Error><Code>SlowDown</Code></Error>")
                    return
                connection = http.client.HTTPConnection(behind, timeout=30)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                data = answer.read()
                if line.cut:
                    line.cut -= 1
                    self.close_connection = True
                    return
                self._answer(answer.status, answer.getheaders(), data)

            def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.casefold() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_PUT = do_POST = do_GET = _pass_on

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> BadLine:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
