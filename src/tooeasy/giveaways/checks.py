"""What an audit looks for: each check with its stable name, why it matters, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")  # from the mildest


@dataclass(frozen=True)
class Check:
    """One kind of finding.

    Attributes
    ----------
    name : str
        Stable; configurations, baselines and code scanners go by it.
    title : str
    why, advice : str
        Why it matters, and what to do about it.
    """

    name: str
    title: str
    why: str
    advice: str


_ALL = (
    Check(
        "file-properties",
        "File properties predict the class",
        "A classifier that is given files, or images whose size and compression they carry, can learn how an image was "
        "stored instead of what it shows.",
        "Bring all classes to one format, size and quality in the same way, and strip metadata; better, collect all "
        "classes from the same sources.",
    ),
    Check(
        "file-names",
        "File names predict the class",
        "Names tell that classes come from different sources, or were numbered class by class; a loader that shows "
        "them, or a split by name, leaks the label.",
        "Rename files at random before publishing, and make sure that no split or fold is made by name.",
    ),
    Check(
        "brightness",
        "A global statistic predicts the class",
        "If the mean brightness or a colour tells the class, a model can be right without looking at any shape; other "
        "lamps, scanners or cameras will break it.",
        "Find out whether classes differ in how they were recorded; normalise images, or collect all classes under the "
        "same conditions.",
    ),
    Check(
        "giveaway-pixels",
        "A few pixels predict the class, and their neighbours do not",
        "What objects look like changes smoothly from pixel to pixel. A spot that tells the class while the pixels "
        "around it do not is a mark, a watermark, a lettering or an artefact.",
        "Look at the spot in the images of the class; remove the mark, or crop it away in all classes.",
    ),
    Check(
        "constant-marker",
        "Pixels have a fixed value in one class only",
        "A fixed value that recurs at one place in one class is a marker that any model will find before it finds the "
        "object.",
        "Look at the place in the images of the class; remove the marker, or crop it away in all classes.",
    ),
    Check(
        "border-only",
        "The border predicts the class",
        "The object is seldom in the outer frame. If the frame tells the class, framing, padding or the scanner does.",
        "Crop all images alike, compare how classes were framed, and test models on images with the frame hidden.",
    ),
    Check(
        "corners-only",
        "The corners predict the class",
        "Corners hold lettering, logos and markers more often than objects.",
        "Look at the corners of each class; remove what stands there, or mask it in all classes.",
    ),
    Check(
        "background-only",
        "The surroundings predict the class when the centre is hidden",
        "A model can learn where or how pictures were taken instead of what they show.",
        "Test models on images with the centre hidden; collect classes in the same surroundings.",
    ),
    Check(
        "leaked-images",
        "Images are in training and in test",
        "A model that remembers them is right without having understood anything; held-out accuracy is too high.",
        "Remove them from one of the splits, and split by subject or source so that copies stay together.",
    ),
    Check(
        "duplicates",
        "Images occur more than once in a split",
        "Copies count several times in training and in scores, and say that images are not independent.",
        "Keep one of each, or keep copies together whenever data is split.",
    ),
    Check(
        "conflicting-labels",
        "The same image has different labels",
        "No model can be right about both; they are errors of labelling, or images of several classes.",
        "Look at the images, and correct or remove them.",
    ),
    Check(
        "constant-images",
        "Images of one colour",
        "They show nothing; a model can only learn that empty images are of their class.",
        "Remove them, and look at what made them.",
    ),
    Check(
        "unreadable-images",
        "Images that cannot be read",
        "They are left out of every score, and if they are of one class, that class is not what it seems.",
        "Replace or remove the files.",
    ),
    Check(
        "few-images",
        "Classes with too few images",
        "Nothing certain can be learned or said of them: intervals are wide.",
        "Collect more, merge classes, or leave them out and say so.",
    ),
    Check(
        "imbalance",
        "Classes differ much in size",
        "Accuracy rewards whoever always answers the frequent classes.",
        "Report balanced accuracy beside accuracy, and the share of the most frequent class.",
    ),
    Check(
        "split-shift",
        "Training and test images can be told apart",
        "The splits were not drawn from the same images; held-out scores then mean something else than they seem to.",
        "Draw splits at random, or say what differs; look at where the pixels differ.",
    ),
    Check(
        "label-order",
        "The position in the file predicts the class",
        "Images are sorted by class: a loader that does not shuffle, or takes the first rows as a sample, sees some "
        "classes only.",
        "Shuffle before publishing, and shuffle or stratify whatever takes a part.",
    ),
    Check(
        "too-easy",
        "A low rung is nearly as good as the best",
        "What a classifier that hardly looks can solve does not tell good models from bad ones.",
        "Choose a harder dataset to compare models with, or report how far each is above the low rung.",
    ),
)

CHECKS: dict[str, Check] = {check.name: check for check in _ALL}
