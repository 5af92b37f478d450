"""The numbers of an audit that a gate may set limits to.

They stand on the ground, because the command line makes its options of them before anything heavy is loaded.
"""

from __future__ import annotations

# Name of the measure, and what it is, for people. Options of the gate are --max-NAME, with hyphens.
MEASURES: dict[str, str] = {
    "one_pixel": "held-out accuracy of the best pixel of the easiest pair of classes, both chosen by training images",
    "file_properties": "held-out balanced accuracy of file properties: the best of each alone and all together",
    "brightness": "held-out balanced accuracy of brightness and colour: the best of each alone and all together",
    "border": "held-out balanced accuracy of the border alone",
    "corners": "held-out balanced accuracy of the corners alone",
    "background": "held-out balanced accuracy with the centre hidden",
    "duplicates": "images with an exact or near copy earlier in the same split",
    "leaks": "test images with an exact or near copy in training",
    "conflicts": "images with an exact or near copy of another label",
    "constant_images": "images of one colour",
    "unreadable": "images that cannot be read",
    "imbalance": "images of the largest class for each of the smallest, in training",
}
