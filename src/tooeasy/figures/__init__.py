"""Results to matplotlib axes: nothing here computes."""

from tooeasy.figures.base import check_format, draw, save
from tooeasy.figures.budget import draw_budget, draw_order
from tooeasy.figures.pixels import draw_map, draw_pairs
from tooeasy.figures.templates import draw_confusion, draw_curve, draw_growth, draw_histogram, draw_templates

__all__ = [
    "check_format",
    "draw",
    "draw_budget",
    "draw_confusion",
    "draw_curve",
    "draw_growth",
    "draw_histogram",
    "draw_map",
    "draw_order",
    "draw_pairs",
    "draw_templates",
    "save",
]
