"""Where tooeasy keeps things on this machine, and whether it may use the network."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """``$TOOEASY_CACHE``, or the platform's folder for caches."""
    return Path(os.environ.get("TOOEASY_CACHE") or platformdirs.user_cache_path("tooeasy"))


def config_folder() -> Path:
    """``$TOOEASY_CONFIG``, or the platform's folder for a user's configuration."""
    return Path(os.environ.get("TOOEASY_CONFIG") or platformdirs.user_config_path("tooeasy"))


def is_offline() -> bool:
    """Whether the environment variable TOOEASY_OFFLINE forbids the network."""
    return os.environ.get("TOOEASY_OFFLINE", "").lower() not in ("", "0", "false", "no")
