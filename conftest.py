"""What all tests share, those in docstrings too."""

from __future__ import annotations

import os
import signal
from pathlib import Path

# Processes that run tests side by side compile kernels at once, which one cache of Numba's does not bear.
if "PYTEST_XDIST_WORKER" in os.environ:
    caches = Path(__file__).parent / ".pytest_cache" / "numba"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(caches / os.environ["PYTEST_XDIST_WORKER"]))

# A shell that runs tests in the background makes them ignore Ctrl-C, and so would the processes that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
