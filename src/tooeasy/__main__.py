"""``python -m tooeasy``."""

import sys

from tooeasy.cli import main

if __name__ == "__main__":
    sys.exit(main())
