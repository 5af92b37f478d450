"""How the tests start Python."""

from __future__ import annotations

import os
import sys

# Warnings are errors, but with the oldest packages that tooeasy takes: these warn of the newer ones that they find.
STRICT = () if os.environ.get("TOOEASY_LOWEST") else ("-W", "error")
PYTHON = (sys.executable, *STRICT)
