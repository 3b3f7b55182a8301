"""The claims ledger: each claim with its verdict, made from stored results alone and so made again when redrawn."""

import math
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, Protocol

import pandas as pd
from pydantic import BaseModel

from twintrade.effects import ResultSet
from twintrade.render.reading import take_text
from twintrade.study.claims.deciding import Evidence, decide_claims
from twintrade.study.claims.evidence import NO_DATA, find_evidence
from twintrade.text import Text, pack_text

PAYLOAD = "claims"
COLUMNS = (
    "claim_id",
    "claim",
    "claim_text",
    "verdict",
    "answer",
    "answer_text",
    "detectable",
    "detectable_text",
    "is_examined",
    "need",
    "need_text",
    "p",
)


class Paged(Protocol):
    """An analysis file, of whatever kind, that may hold claims."""

    @property
    def claim(self) -> Sequence[BaseModel]:
        """The ``[[claim]]`` tables."""


@cache
def load_claims(outcome: str = "exports") -> tuple[Mapping[str, Any], ...]:
    """Return the claims of the package: id, and the evidence that each is judged by; one is about the outcome."""
    file = resources.files("twintrade.study") / "claims.toml"
    claims = tomllib.loads(file.read_text(encoding="utf-8"))["claim"]
    return tuple(
        {**c, "text": Text(f"claims.claim-{c['id']}", outcome=outcome), "need": Text(f"claims.need-{c['id']}")}
        for c in claims
    )


def add_ledger(results: ResultSet, further: Sequence[Mapping[str, Any]] = ()) -> ResultSet:
    """Return the results with the payload ``claims``.

    ``further``: the ``[[claim]]`` tables of the analysis file.
    """
    return replace(results, payloads={**results.payloads, PAYLOAD: build_ledger(results, further)})


def list_own_claims(spec: Paged) -> list[dict[str, Any]]:
    """Return the claims of an analysis file."""
    return [claim.model_dump() for claim in spec.claim]


def build_ledger(results: ResultSet, further: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Return one row a claim: claim_id, claim, verdict, answer, detectable, is_examined, need, p; ``further`` last.

    ``need`` is what another run of an analysis would answer the claim by; empty where this one did, or none can.
    """
    checked = set(results.findings["diagnostic"])
    outcome = next((text for o in results.specifications.get("outcome", ()) if (text := take_text(o))), "exports")
    claims = [*load_claims(outcome), *(_evident(claim, i, checked) for i, claim in enumerate(further, 1))]
    evidence = [(str(claim["id"]), find_evidence(results, claim["evidence"]) or _lack(claim)) for claim in claims]
    rows = [
        {
            "claim_id": claim["id"],
            "claim": str(claim["text"]),
            "claim_text": pack_text(claim["text"]),
            "verdict": answer.verdict,
            "answer": str(answer.text),
            "answer_text": pack_text(answer.text),
            "detectable": str(answer.evidence.detectable),
            "detectable_text": pack_text(answer.evidence.detectable),
            "is_examined": answer.evidence.is_examined,
            "need": str(need := "" if answer.evidence.is_examined or _needs_other_data(claim) else claim["need"]),
            "need_text": pack_text(need),
            "p": answer.evidence.p,
        }
        for claim, answer in zip(claims, decide_claims(evidence), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _lack(claim: Mapping[str, Any]) -> Evidence:
    return Evidence(
        side="neither", p=math.nan, text=Text("claims.not-examined", need=claim["need"]), is_examined=False
    )


def _needs_other_data(claim: Mapping[str, Any]) -> bool:
    return bool(claim["evidence"]["kind"] == NO_DATA)


def _evident(claim: Mapping[str, Any], position: int, checked: Collection[str]) -> dict[str, Any]:
    """Return a claim of the analysis file in the form of the package's own."""
    about = str(claim.get("about", "headline"))
    evidence: dict[str, Any] = {"kind": "effect", "column": "" if about == "headline" else about}
    if about in checked:
        evidence = {"kind": "verdict", "checks": [about], "pass_supports": True}
    evidence |= {k: claim[k] for k in ("direction", "at_least") if claim.get(k) is not None}
    return {
        "id": claim.get("id") or f"own-{position}",
        "text": claim["text"],
        "evidence": evidence,
        "need": Text("claims.need-own", about=about),
    }
