"""The ladder: classifiers that look at more and more, on one fixed split."""

from tooeasy.ladder.card import Card, card_of, is_card_file, make_card
from tooeasy.ladder.classical import Estimator
from tooeasy.ladder.climbing import ClimbOptions, climb
from tooeasy.ladder.comparison import Comparison, Difference, compare
from tooeasy.ladder.information import usable_bits
from tooeasy.ladder.perturb import Perturbation
from tooeasy.ladder.published import PublishedScore
from tooeasy.ladder.result import Ladder, RungScore
from tooeasy.ladder.rung import Answers, Rung
from tooeasy.ladder.shipped import card_or_dataset, shipped_card, shipped_cards
from tooeasy.ladder.task import Part, Task

__all__ = [
    "Answers",
    "Card",
    "ClimbOptions",
    "Comparison",
    "Difference",
    "Estimator",
    "Ladder",
    "Part",
    "Perturbation",
    "PublishedScore",
    "Rung",
    "RungScore",
    "Task",
    "card_of",
    "card_or_dataset",
    "climb",
    "compare",
    "is_card_file",
    "make_card",
    "shipped_card",
    "shipped_cards",
    "usable_bits",
]
