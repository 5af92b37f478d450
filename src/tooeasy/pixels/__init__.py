"""What single pixels give away."""

from tooeasy.measures import mutual_information, wilson_interval
from tooeasy.pixels.map import PixelMap
from tooeasy.pixels.pairs import Pairs
from tooeasy.pixels.result import PixelStudy, to_json_object
from tooeasy.pixels.rules import Rule, RuleName
from tooeasy.pixels.score import PixelScore
from tooeasy.pixels.search import answered_right, best_pixels, pair_answers
from tooeasy.pixels.study import study_pixels

__all__ = [
    "Pairs",
    "PixelMap",
    "PixelScore",
    "PixelStudy",
    "Rule",
    "RuleName",
    "answered_right",
    "best_pixels",
    "mutual_information",
    "pair_answers",
    "study_pixels",
    "to_json_object",
    "wilson_interval",
]
