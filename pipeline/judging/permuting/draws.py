"""The random numbers of a permutation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Draws:
    """Which rows each repeat of a permutation takes; of every class its share, one at least."""

    repeats: int = 5  # at least 2
    most_rows: int = 500  # that a repeat takes at most
    seed: int = 42
    most_columns: int = 200  # that are shuffled one by one; of more, the leading ones

    def generator(self, repeat: int) -> np.random.Generator:
        """Return the random numbers of a repeat: first its rows are drawn, then their order."""
        return np.random.default_rng([self.seed, repeat])

    def rows(self, codes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
        """Return the rows that a repeat takes, ascending."""
        if len(codes) <= self.most_rows:
            return np.arange(len(codes))
        drawn = []
        for code in np.unique(codes):
            members = np.flatnonzero(codes == code)
            size = max(round(len(members) * self.most_rows / len(codes)), 1)
            drawn.append(random.choice(members, size, replace=False))
        return np.sort(np.concatenate(drawn))

    def all_rows(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows that any repeat takes, ascending: all that of_columns needs."""
        drawn = [self.rows(codes, self.generator(repeat)) for repeat in range(self.repeats)]
        return np.unique(np.concatenate(drawn))
