"""What is in a dataset: its images, classes and grey levels, before anything is learned."""

from tooeasy.explore.atypical import AtypicalImages, find_atypical
from tooeasy.explore.classes import ClassCounts, count_classes
from tooeasy.explore.differences import ClassDifferences, compare_means
from tooeasy.explore.distribution import LevelDistribution, count_levels
from tooeasy.explore.means import ClassImages, Statistic, mean_images
from tooeasy.explore.pictures import grey_pictures, to_pictures
from tooeasy.explore.samples import Samples, pick_samples

__all__ = [
    "AtypicalImages",
    "ClassCounts",
    "ClassDifferences",
    "ClassImages",
    "LevelDistribution",
    "Samples",
    "Statistic",
    "compare_means",
    "count_classes",
    "count_levels",
    "find_atypical",
    "grey_pictures",
    "mean_images",
    "pick_samples",
    "to_pictures",
]
