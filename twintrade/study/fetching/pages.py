"""Answers kept on disk while a table is fetched, so that an interrupted fetch asks nothing twice."""

import hashlib
import json
import shutil
from pathlib import Path

from twintrade.errors import StoreError
from twintrade.sources.base import RawAnswer, Request
from twintrade.study.store.folder import write_beside
from twintrade.text import Text


class PageFolder:
    """The answers of one fetch, each in a file named after its question.

    ``root``: project folder; ``path``: of the folder, below it.
    """

    def __init__(self, root: Path, path: str) -> None:
        self._root, self._path = root, path
        self._folder = root / path

    def count(self) -> int:
        """Return how many answers are kept."""
        return sum(1 for _ in self._folder.glob("*.page"))

    def read(self, request: Request, endpoint: str) -> tuple[RawAnswer, float] | None:
        """Return a kept answer with the second it was given, None where the question was not asked."""
        try:
            head, _, content = (self._root / self._name(request, endpoint)).read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        facts = json.loads(head)
        return RawAnswer(content, facts["kind"], facts["status"]), facts["asked"]

    def keep(self, request: Request, endpoint: str, answer: RawAnswer, asked: float) -> None:
        """Keep an answer that was read without a fault."""
        facts = {"address": request.address, "kind": answer.kind, "status": answer.status, "asked": asked}
        head = json.dumps(facts).encode("utf-8")
        write_beside(self._root, self._name(request, endpoint), head + b"\n" + answer.content)

    def remove(self) -> None:
        """Remove every kept answer."""
        try:
            shutil.rmtree(self._folder, ignore_errors=False)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(Text("study.pages-left", path=self._path, why=str(error.strerror))) from None

    def _name(self, request: Request, endpoint: str) -> str:
        asked = json.dumps([endpoint, request.path, request.params, request.body, request.accept])
        return f"{self._path}/{hashlib.sha256(asked.encode('utf-8')).hexdigest()[:32]}.page"
