"""Asks a publisher politely: one question at a time, at its pace, again after a while where it says so."""

import datetime
import email.utils
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from twintrade.errors import SourceError
from twintrade.sources.base import RawAnswer, Request, Source, refuse_answer
from twintrade.text import Text

ENDPOINT, KEY, CONTACT = "TWINTRADE_ENDPOINT_", "TWINTRADE_KEY_", "TWINTRADE_CONTACT"
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_TRIES, _LONGEST_WAIT, _FIRST_WAIT = 6, 900.0, 2.0
_MOST_BYTES = 500_000_000
_MOST_SECONDS = 1800.0  # for one whole answer, from the question to its last byte
_MOST_TOLD = 1e9  # seconds of a wait that a message repeats
_CODINGS = ("", "identity", "gzip", "deflate")
_SHOWN = 300
_SECONDS = re.compile("[0-9]+")
_SECONDS_IN_WORDS = re.compile(r"([0-9]+)\s*(?:seconds?|segundos?)")


@dataclass(frozen=True, slots=True)
class Timer:
    """What time it is and how to wait, so that a test need not."""

    now: Callable[[], float]  # seconds since 1970
    sleep: Callable[[float], None]  # waits some seconds


class Client:
    """A connection to one publisher; ``timeout`` is seconds without a byte after which an answer counts as lost."""

    def __init__(
        self, source: Source, environment: Mapping[str, str], clock: Timer, version: str, timeout: float = 90.0
    ) -> None:
        for logger in ("httpx", "httpcore"):  # they write whole addresses, keys among them
            logging.getLogger(logger).setLevel(logging.WARNING)
        self._source, self._clock = source, clock
        name = source.name.upper()
        self.endpoint = (environment.get(ENDPOINT + name) or source.endpoint).rstrip("/")
        self._key = environment.get(KEY + name, "").strip()
        contact = environment.get(CONTACT, "").strip()
        if source.key is not None and source.key.is_required and not self._key:
            raise SourceError(f"{source.name} needs a key: ask for one at {source.key.page}, then set {KEY}{name}")
        if source.needs_contact and not contact:
            raise SourceError(f"{source.name} asks whom to write to: set {CONTACT} to a mail address or a web page")
        agent = str(Text("sources.agent", version=version, contact=contact or "none"))
        headers = {"User-Agent": agent, "Accept-Encoding": "gzip, deflate"}
        self._http = httpx.Client(follow_redirects=False, timeout=timeout, headers=headers)
        self._next = 0.0
        self._socket: socket.socket | None = None
        self._is_late = False

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    def ask(self, request: Request) -> RawAnswer:
        """Return the answer to a request, asked again where the failure is one that passes."""
        for attempt in range(1, _TRIES + 1):
            is_last = attempt == _TRIES
            if (early := self._next - self._clock.now()) > 0:
                self._clock.sleep(early)
            self._next = self._clock.now() + self._source.pace
            try:
                answer, headers = self._send(request)
            except httpx.InvalidURL:
                why = Text("sources.no-address", address=self.endpoint)
                raise refuse_answer(self._source, request, why) from None
            except httpx.HTTPError as error:
                if self._is_late:
                    raise self._refuse_late(request) from None
                if is_last:
                    why = Text("sources.no-whole-answer", tries=_TRIES, kind=type(error).__name__)
                    raise refuse_answer(self._source, request, why) from None
                self._clock.sleep(_FIRST_WAIT * 2 ** (attempt - 1))
                continue
            is_passing = answer.status in _PASSING | self._source.passing or self._source.is_to_repeat(answer)
            if answer.status in (200, 204) and not is_passing:
                content = b"" if answer.status == 204 else self._mask(answer.content)
                return RawAnswer(content, answer.kind, answer.status)
            if not is_passing or is_last:
                raise refuse_answer(self._source, request, self._describe(answer, headers))
            self._wait(request, answer, headers, attempt)
        raise AssertionError

    def _mask(self, content: bytes) -> bytes:
        """Return a content without the key."""
        return content.replace(self._key.encode("utf-8"), b"...") if self._key else content

    def _send(self, request: Request) -> tuple[RawAnswer, Mapping[str, str]]:
        key = self._source.key
        params: list[tuple[str, str | int | float | bool | None]] = [*request.params]
        headers = {"Accept": request.accept}
        if key is not None and self._key and key.place == "query":
            params.append((key.name, self._key))
        elif key is not None and self._key:
            headers[key.name] = self._key
        method, body = ("POST", request.body.encode("utf-8")) if request.body else ("GET", None)
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent: Any = {"params": params or None, "content": body, "headers": headers}
        sent["extensions"] = {"trace": self._note_socket}
        with self._limit_time(), self._http.stream(method, self.endpoint + request.path, **sent) as response:
            parts, size = [], 0
            if (coding := response.headers.get("content-encoding", "")) not in _CODINGS:
                raise refuse_answer(self._source, request, Text("sources.unknown-coding", coding=coding))
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > _MOST_BYTES:
                    why = Text("sources.too-large", megabytes=_MOST_BYTES // 1_000_000)
                    raise refuse_answer(self._source, request, why)
            if self._is_late:
                raise self._refuse_late(request)
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return RawAnswer(b"".join(parts), kind, response.status_code), response.headers

    @contextmanager
    def _limit_time(self) -> Iterator[None]:
        """End the connection after a while: a timeout alone never ends an answer that drips."""
        watchdog = threading.Timer(_MOST_SECONDS, self._cut)
        watchdog.daemon, self._is_late = True, False
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        self._is_late = True
        with suppress(OSError):
            if self._socket is not None:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # of an encrypted one, what lies below

    def _refuse_late(self, request: Request) -> SourceError:
        return refuse_answer(self._source, request, Text("sources.too-slow", minutes=round(_MOST_SECONDS / 60)))

    def _wait(self, request: Request, answer: RawAnswer, headers: Mapping[str, str], attempt: int) -> None:
        """Wait as long as the publisher asks, else twice as long as before."""
        asked = self._read_wait(answer, headers)
        if asked is not None and asked > _LONGEST_WAIT:
            why = Text("sources.long-wait", minutes=round(min(asked, _MOST_TOLD) / 60))
            raise refuse_answer(self._source, request, why)
        self._clock.sleep(max(asked or 0.0, _FIRST_WAIT * 2 ** (attempt - 1)))

    def _read_wait(self, answer: RawAnswer, headers: Mapping[str, str]) -> float | None:
        text = headers.get("retry-after", "").strip()
        if _SECONDS.fullmatch(text):
            return float(text)
        if text:
            try:
                until = email.utils.parsedate_to_datetime(text)
            except (ValueError, OverflowError):
                return None
            until = until if until.tzinfo else until.replace(tzinfo=datetime.UTC)
            return max(until.timestamp() - self._clock.now(), 0.0)
        words = answer.content[:2000].decode("utf-8", "replace")
        match = _SECONDS_IN_WORDS.search(words) if answer.status == 429 else None
        return float(match[1]) if match else None

    def _describe(self, answer: RawAnswer, headers: Mapping[str, str]) -> Text:
        """Return what went wrong, in the publisher's own words where they are short and no page."""
        key, status = self._source.key, answer.status
        place = urlsplit(headers.get("location", ""))
        words = " ".join(self._mask(answer.content)[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
        words = "" if words.startswith("<") else words
        says = Text("sources.status-says" if words else "sources.status", status=status, words=words)
        if key is not None and (status in (401, 403) or "key" in place.path.rpartition("/")[2].lower()):
            variable = KEY + self._source.name.upper()
            return Text("sources.key-refused", says=says, page=key.page, variable=variable)
        if 300 <= status < 400:
            return Text("sources.sent-on", place=f"{place.netloc}{place.path}")
        return says
