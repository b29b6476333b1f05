"""The tour: plays what users do with RU4M on the local cloud, with simulated phones."""

from infra.local.tour.chapters import CHAPTERS, REPEATABLE
from infra.local.tour.narration import Tour, TourFailed, play

__all__ = ["CHAPTERS", "REPEATABLE", "Tour", "TourFailed", "play"]
