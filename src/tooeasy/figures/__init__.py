"""Results to matplotlib axes: nothing here computes."""

from tooeasy.figures.base import check_format, draw, save
from tooeasy.figures.pixels import draw_map, draw_pairs

__all__ = ["check_format", "draw", "draw_map", "draw_pairs", "save"]
