"""The tour: what people do with RU4M, played over the deployed local cloud by phones like theirs."""

from infra.local.tour.chapters import CHAPTERS
from infra.local.tour.telling import Tour, TourFailed, play

__all__ = ["CHAPTERS", "Tour", "TourFailed", "play"]
