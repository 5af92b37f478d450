"""How complex a classification problem is, by measures of the literature."""

from tooeasy.complexity.definitions import MEASURES, Measure
from tooeasy.complexity.study import Complexity, measure_complexity, to_json_object

__all__ = ["MEASURES", "Complexity", "Measure", "measure_complexity", "to_json_object"]
