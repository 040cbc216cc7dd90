# SPDX-License-Identifier: AGPL-3.0-or-later
"""A time-stamp service as OpenSSL makes it (`openssl ts -reply`), behind a small server on this machine."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = main
[main]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[signer]
extendedKeyUsage = critical,timeStamping
"""
# So long that its certificate is the longer one: as the signer's it goes first, and DER would have it last.
SIGNER = "Stamps of a service that is made up and has a long name"


@dataclass
class Stamping:
    """`root` is its authority's certificate. `change` is what becomes of an answer on its way."""

    url: str
    root: Path
    change: Callable[[bytes], bytes] = bytes
    status: int = 200


def authority(folder: Path) -> Path:
    """A root of its own, and a signer below it; the root's certificate."""
    folder.mkdir()
    config = folder / "ts.conf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(
        folder,
        *new,
        "-x509",
        "-subj",
        f"/CN=Root {folder.name}",
        "-days",
        "2",
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
    )
    _openssl(folder, *new, "-subj", f"/CN={SIGNER}", "-keyout", "tsa.key", "-out", "tsa.csr")
    below = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "1"]
    _openssl(
        folder,
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        *below,
        "-extfile",
        config,
        "-extensions",
        "signer",
        "-out",
        "tsa.pem",
    )
    return folder / "root.pem"


@contextlib.contextmanager
def stamping(folder: Path) -> Iterator[Stamping]:
    """Until the block ends. `folder` is made."""
    root = authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = folder / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            reply = ("ts", "-reply", "-queryfile", query, "-config", folder / "ts.conf", "-chain", root)
            answer = service.change(_openssl(folder, *reply))
            self.send_response(service.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Stamping(f"http://127.0.0.1:{server.server_port}/tsr", root)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def _openssl(folder: Path, *words: object) -> bytes:
    answer = subprocess.run(["openssl", *map(str, words)], cwd=folder, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr.decode()
    return answer.stdout
