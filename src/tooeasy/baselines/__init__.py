"""Simple classifiers in the settings that were published with Fashion-MNIST."""

from tooeasy.baselines.mapping import make_estimator, refusal
from tooeasy.baselines.published import published_of
from tooeasy.baselines.results import Benchmark, Run, SettingResult
from tooeasy.baselines.settings import Setting, all_families, all_settings, settings_of
from tooeasy.baselines.study import run_benchmark

__all__ = [
    "Benchmark",
    "Run",
    "Setting",
    "SettingResult",
    "all_families",
    "all_settings",
    "make_estimator",
    "published_of",
    "refusal",
    "run_benchmark",
    "settings_of",
]
