"""Results to matplotlib axes: nothing here computes."""

from tooeasy.figures.base import check_format, draw, save, size_of
from tooeasy.figures.budget import draw_budget, draw_order
from tooeasy.figures.exhibits import draw_histograms, draw_pictures
from tooeasy.figures.explore import draw_class_images, draw_differences, draw_samples
from tooeasy.figures.explore_atypical import draw_atypical
from tooeasy.figures.explore_charts import draw_classes, draw_distribution
from tooeasy.figures.giveaways import draw_audit, draw_finding
from tooeasy.figures.ladder import draw_comparison, draw_ladder
from tooeasy.figures.pixels import draw_map, draw_pairs
from tooeasy.figures.templates import draw_confusion, draw_curve, draw_growth, draw_histogram, draw_templates

__all__ = [
    "check_format",
    "draw",
    "draw_atypical",
    "draw_audit",
    "draw_budget",
    "draw_class_images",
    "draw_comparison",
    "draw_classes",
    "draw_confusion",
    "draw_curve",
    "draw_differences",
    "draw_distribution",
    "draw_finding",
    "draw_growth",
    "draw_histogram",
    "draw_histograms",
    "draw_ladder",
    "draw_map",
    "draw_order",
    "draw_pairs",
    "draw_pictures",
    "draw_samples",
    "draw_templates",
    "save",
    "size_of",
]
