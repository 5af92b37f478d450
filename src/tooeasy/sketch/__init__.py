"""One pass over the images, added up in integers; then no more images."""

from tooeasy.sketch.quantize import ALL_LEVELS, Normalize, Quantization
from tooeasy.sketch.sketch import Shape, Sketch

__all__ = ["ALL_LEVELS", "Normalize", "Quantization", "Shape", "Sketch"]
