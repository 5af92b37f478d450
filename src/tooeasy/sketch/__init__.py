"""One pass over the images, added up in integers; then no more images."""

from tooeasy.sketch.quantize import Normalize, Quantization
from tooeasy.sketch.sketch import Shape, Sketch

__all__ = ["Normalize", "Quantization", "Shape", "Sketch"]
