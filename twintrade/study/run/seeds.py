"""Seeds from the analysis' seed and a job's name, so that no job moves another's numbers."""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def compute_entropy(seed: int, job: str) -> list[int]:
    """Return what seeds a job: the analysis' seed and a stable hash of the job's name.

    An inference has one seed for all columns, so that these share the assignments they are compared under.
    """
    stream = "/".join(job.split("/")[:2]) if job.startswith("inference/") else job
    digest = hashlib.sha256(stream.encode("utf-8")).digest()
    return [seed, int.from_bytes(digest[:8], "big")]


def build_generator(seed: int, job: str) -> "np.random.Generator":
    """Return the random generator of one job.

    ``seed``: of the analysis; ``job``: name of the job, "inference/ppml/level-gravity/event".
    """
    import numpy as np

    return np.random.default_rng(np.random.SeedSequence(compute_entropy(seed, job)))
