"""Linear algebra of two crossed sets of random intercepts: each diagonal in itself, so one is eliminated.

Shapes: C children, I items, R right-hand sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blocks:
    """The information of the random intercepts, children first: two diagonals and what crosses them."""

    children_C: Floats
    items_I: Floats
    cross_CI: Floats

    def solve(self, right: Floats) -> tuple[Floats, float]:
        """Solve for a vector or a matrix of right-hand sides.

        Returns:
            The solution, and the logarithm of the determinant.

        Raises:
            numpy.linalg.LinAlgError: The matrix is not positive definite.
        """
        children = len(self.children_C)
        if children >= len(self.items_I):
            first, second, log_determinant = _eliminate(
                self.children_C, self.items_I, self.cross_CI, right[:children], right[children:]
            )
        else:
            second, first, log_determinant = _eliminate(
                self.items_I, self.children_C, self.cross_CI.T, right[children:], right[:children]
            )
        return np.concatenate([first, second]), log_determinant


def _eliminate(
    large: Floats, small: Floats, cross: Floats, first: Floats, second: Floats
) -> tuple[Floats, Floats, float]:
    divided = cross / large[:, None]
    factor = np.linalg.cholesky(np.diag(small) - cross.T @ divided)
    low = np.linalg.solve(factor.T, np.linalg.solve(factor, second - divided.T @ first))
    high = (first.T / large).T - divided @ low
    return high, low, float(np.log(large).sum() + 2 * np.log(np.diag(factor)).sum())
