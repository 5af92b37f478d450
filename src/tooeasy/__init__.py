"""Tell how easy a labelled image dataset is, and what gives it away.

Names are loaded when first used (Scientific Python's SPEC 1), so that importing tooeasy costs next to nothing.
"""

import logging

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
logging.getLogger(__name__).addHandler(logging.NullHandler())  # silent, until somebody adds a handler
