"""A publisher on the loopback that answers from a script, and a clock that does not wait."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from twintrade.sources.client import Timer


@dataclass(frozen=True)
class Reply:
    """One answer of the publisher.

    ``cut`` leaves out the end of the body, ``slow`` never sends it, ``drips`` sends the head, or the body, byte by
    byte and without end.
    """

    body: bytes | str | list | dict = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    cut: bool = False
    slow: bool = False
    drips: str = ""  # "head", "body"

    def encode(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode("utf-8")


@dataclass(frozen=True)
class Asked:
    """One question that reached the publisher."""

    path: str
    params: list
    headers: dict
    body: str

    @property
    def named(self) -> dict:
        return dict(self.params)


class Publisher:
    """Answers each question by a function of it, and remembers all."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Reply] = lambda asked: Reply(status=404)
        self.first: list[Reply] = []
        self.is_over = threading.Event()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def reply(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                address = urlsplit(self.path)
                asked = Asked(
                    address.path, parse_qsl(address.query), dict(self.headers), self.rfile.read(size).decode("utf-8")
                )
                publisher.asked.append(asked)
                sent = publisher.first.pop(0) if publisher.first else publisher.answer(asked)
                if sent.slow:
                    publisher.is_over.wait(5)
                    return
                if sent.drips:
                    self.drip(sent.drips)
                    return
                body = sent.encode()
                self.send_response(sent.status)
                for name, value in sent.headers.items():
                    self.send_header(name, value)
                if sent.status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if sent.cut else body)

            def drip(self, part: str) -> None:
                begin = b"HTTP/1.1 200 OK\r\nX-Long: " if part == "head" else b"HTTP/1.1 200 OK\r\n\r\n"
                self.close_connection = True
                with suppress(OSError):
                    self.wfile.write(begin)
                    while not publisher.is_over.wait(0.02):
                        self.wfile.write(b"1")

            do_GET = do_POST = reply  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()


class Waits:
    """A clock that stands still but for what is waited, and says what was."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> Timer:
        return Timer(lambda: self.time, self.sleep)
