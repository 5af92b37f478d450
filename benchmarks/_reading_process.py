"""All batches of a dataset in a process of its own: prints how many images they had and what memory, as a JSON object.

Nothing else is imported here, so that the peak is that of reading. ``reading.py`` runs it.
"""

from __future__ import annotations

import json
import sys

from _timing import memory_in_use, peak_memory

import tooeasy


def main() -> None:
    """Read the dataset at the path that is the first argument; the second is the size of its images."""
    imported = memory_in_use()
    data = tooeasy.load(f"{sys.argv[1]}/", size=(int(sys.argv[2]), int(sys.argv[2])))
    loaded = peak_memory()
    images = sum(len(batch.labels) for batch in data.train.batches())
    print(json.dumps({"images": images, "memory": {"imported": imported, "loaded": loaded, "peak": peak_memory()}}))


if __name__ == "__main__":
    main()
