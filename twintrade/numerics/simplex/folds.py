"""Simplex weights with each row left out in turn: one start, all rows together."""

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.simplex.weights import fit_simplex_weights

MOST_STEPS = 300
BOLD_STEPS = 12
"""In so many first steps all weights that turn negative leave at once, later the first of them alone."""
OPTIMAL = 1e-12
"""Largest gradient, in units of the sum row, at which no weight is worth adding."""
SURE = 1e-9
"""Largest gradient among positive weights that passes for a solution."""
EXACT = 1e-6
"""Misfit, in distances of the nearest column, below which weights may not be unique."""
SPARE = 3


def fit_leave_one_out_weights(columns: FloatArray, target: FloatArray, start: FloatArray) -> FloatArray:
    """Minimize ``|columns @ w - target|^2`` over the simplex without row 0, without row 1, and so on.

    The active-set method of Lawson and Hanson (1974) on the problem of ``fit_simplex_weights``, begun at the weights
    that solve it with all rows, for all left-out rows at once: leaving out a row changes few of the positive weights.
    Where columns reproduce the target exactly, where the iteration does not settle, or where its solution is not
    accurate, ``fit_simplex_weights`` decides, so that the answer is the same everywhere.

    ``columns`` (n_rows, n_weights); ``target`` (n_rows,); ``start`` (n_weights,): simplex weights with all rows.
    Returns (n_rows, n_weights): row i without row i of the problem.
    """
    n_rows, n_weights = columns.shape
    if n_weights == 1:
        return np.ones((n_rows, 1))
    distances = columns - target[:, None]
    scale = float(np.sqrt((distances**2).sum(axis=0)).min())
    out, settled = np.empty((n_rows, n_weights)), np.zeros(n_rows, dtype=bool)
    if scale > 0 and np.isfinite(scale):
        try:
            out, settled = _Folds(distances / scale, start).solved()
        except np.linalg.LinAlgError:
            settled[:] = False
    for i in np.flatnonzero(~settled):
        kept = np.arange(n_rows) != i
        out[i] = fit_simplex_weights(columns[kept], target[kept])
    return out


class _Folds:
    """The state of all folds: which weights are positive, and their values.

    The unknowns are ``v``, weights up to scale, that minimize ``|D v|^2 + (1 - 1'v)^2`` over v >= 0, that is, the
    squared residual of ``[D; 1']`` on a one under zeros.
    """

    def __init__(self, distances: FloatArray, start: FloatArray) -> None:
        n_rows, n_weights = distances.shape
        self.stacked = np.vstack([distances, np.ones((1, n_weights))])
        self.columns = np.ascontiguousarray(self.stacked.T)
        self.kept = np.ones((n_rows, 1, n_rows + 1))
        self.kept[np.arange(n_rows), 0, np.arange(n_rows)] = 0.0
        positive = np.flatnonzero(start > 0)
        self.places = np.tile(np.concatenate([positive, np.zeros(SPARE, dtype=np.int64)]), (n_rows, 1))
        self.is_used = np.tile(np.arange(positive.size + SPARE) < positive.size, (n_rows, 1))
        self.values = np.where(self.is_used, start[self.places], 0.0)

    def solved(self) -> tuple[FloatArray, BoolArray]:
        """Return weights, shape (n_rows, n_weights), and which folds are settled."""
        n_rows = self.kept.shape[0]
        open_folds, settled = np.arange(n_rows), np.zeros(n_rows, dtype=bool)
        for step in range(MOST_STEPS):
            settled[self._stepped(open_folds, step < BOLD_STEPS)] = True
            open_folds = np.flatnonzero(~settled)
            if open_folds.size == 0:
                break
        accurate, refined = self._refined()
        out = np.zeros((n_rows, self.columns.shape[0]))
        row, slot = np.nonzero(self.is_used)
        out[row, self.places[row, slot]] = refined[row, slot]
        total = out.sum(axis=1, keepdims=True)
        return out / np.where(total > 0, total, 1.0), settled & accurate

    def _system(self, folds: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the used columns of some folds, shape (n_folds, n_slots, n_rows + 1), and their normal equations."""
        used = self.is_used[folds]
        columns = self.columns[self.places[folds]]
        columns *= used[:, :, None]
        columns *= self.kept[folds]
        normal = columns @ columns.transpose(0, 2, 1)
        np.einsum("fss->fs", normal)[...] += ~used
        return columns, normal

    def _stepped(self, folds: IntArray, bold: bool) -> IntArray:
        """Solve for the positive weights of open folds; drop those that turn negative, else add the best one.

        Returns the folds at their optimum.
        """
        columns, normal = self._system(folds)
        used = self.is_used[folds]
        values: FloatArray = np.asarray(np.linalg.solve(normal, columns[:, :, -1:])[:, :, 0])
        falls = used & (values <= 0)
        shrinks = falls.any(axis=1)
        if shrinks.any():
            if bold:
                leaves = falls
                values = np.where(leaves, 0.0, values)
            else:
                old = self.values[folds]
                share = np.where(falls, old / np.where(falls, old - values, 1.0), np.inf).min(axis=1)
                values = old + np.minimum(share, 1.0)[:, None] * (values - old)
                leaves = falls & (values <= 1e-15)
                values[leaves] = 0.0
            self.is_used[folds] = used & ~leaves
        self.values[folds] = values
        whole = np.flatnonzero(~shrinks)
        if whole.size == 0:
            return whole
        gradient = self._residual(columns[whole], values[whole]) @ self.stacked
        row, slot = np.nonzero(used[whole])
        gradient[row, self.places[folds[whole]][row, slot]] = -np.inf
        best = gradient.argmax(axis=1)
        grows = gradient[np.arange(whole.size), best] > OPTIMAL
        self._add(folds[whole[grows]], best[grows])
        return np.asarray(folds[whole[~grows]])

    def _add(self, folds: IntArray, places: IntArray) -> None:
        if folds.size == 0:
            return
        if self.is_used[folds].all(axis=1).any():
            wider = ((0, 0), (0, SPARE))
            self.places = np.pad(self.places, wider)
            self.is_used = np.pad(self.is_used, wider)
            self.values = np.pad(self.values, wider)
        slot = self.is_used[folds].argmin(axis=1)
        self.places[folds, slot] = places
        self.is_used[folds, slot] = True
        self.values[folds, slot] = 0.0

    def _refined(self) -> tuple[BoolArray, FloatArray]:
        """Correct the solution once by its residuals; say where it is accurate and its misfit not zero."""
        columns, normal = self._system(np.arange(self.kept.shape[0]))
        values = self.values + np.linalg.solve(normal, self._slack(columns, self.values))[:, :, 0]
        misfit = np.sqrt((self._residual(columns, values)[:, :-1] ** 2).sum(axis=1))
        accurate = np.abs(self._slack(columns, values)).max(axis=(1, 2)) <= SURE
        return accurate & (values >= 0).all(axis=1) & (misfit > EXACT * np.abs(values.sum(axis=1))), values

    def _residual(self, columns: FloatArray, values: FloatArray) -> FloatArray:
        """Return the one under zeros less the fitted rows, shape (n_folds, n_rows + 1)."""
        residual = -(values[:, None, :] @ columns)[:, 0]
        residual[:, -1] += 1.0
        return residual

    def _slack(self, columns: FloatArray, values: FloatArray) -> FloatArray:
        """Return the gradient at the used weights, zero at a solution, shape (n_folds, n_slots, 1)."""
        return columns @ self._residual(columns, values)[:, :, None]
