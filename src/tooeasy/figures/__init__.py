"""Results to matplotlib axes: nothing here computes."""

from tooeasy.figures.base import check_format, draw, save, size_of
from tooeasy.figures.explore import draw_class_images, draw_differences, draw_samples
from tooeasy.figures.explore_atypical import draw_atypical
from tooeasy.figures.explore_charts import draw_classes, draw_distribution
from tooeasy.figures.pixels import draw_map, draw_pairs

__all__ = [
    "check_format",
    "draw",
    "draw_atypical",
    "draw_class_images",
    "draw_classes",
    "draw_differences",
    "draw_distribution",
    "draw_map",
    "draw_pairs",
    "draw_samples",
    "save",
    "size_of",
]
