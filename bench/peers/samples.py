"""CPU times that were taken in turns, and their ratios.

Other work on the machine slows all functions of a turn alike. So times are compared within a turn, and the
median of these ratios counts.
"""

from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Samples:
    """The seconds of CPU of one function, a figure per turn; `modules` are those in memory at the end."""

    seconds: tuple[float, ...]
    modules: int

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return median(self.seconds)

    def ratio_to(self, other: "Samples") -> float:
        """The median of the ratios to another function."""
        return median(self._ratios(other))

    def quartiles_to(self, other: "Samples") -> tuple[float, float]:
        """The range in which the middle half of the ratios lies."""
        lower, _, upper = quantiles(self._ratios(other), n=4)
        return lower, upper

    def _ratios(self, other: "Samples") -> list[float]:
        return [mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)]
