"""One tool on one folder of images, in a process of its own: what it finds, how long it takes. For audit.py.

    python _audit_peers.py TOOL FOLDER WARM

TOOL is tooeasy, cleanvision or cleanlab; it is run on the folder WARM first, so that nothing is compiled, loaded or
first touched while the clock runs. Prints one JSON object as the last line.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

Found = dict[str, Any]


def run_tooeasy(folder: Path) -> Found:
    """Audit and duplicates: pairs by name, blank images, what predicts the class."""
    import tooeasy
    from tooeasy.giveaways import audit
    from tooeasy.giveaways.duplicates import find_duplicates

    data = tooeasy.load(folder)
    found, copies = audit(data), find_duplicates(data)
    of = {"train": data.train, "test": data.test}
    pairs: dict[str, list[list[str]]] = {"exact": [], "near": []}
    for kind, splits, rows in zip(copies.kind, copies.splits, copies.rows, strict=True):
        names = [Path(of[part].name(int(row))).name for part, row in zip(splits, rows, strict=True)]
        pairs[kind].append(names)
    told = {one.check: one for one in found.findings}
    blank = [Path(image.file).name for image in told["constant-images"].images] if "constant-images" in told else []
    facts = {"imbalance", "few-images", "constant-images", "unreadable-images", "duplicates", "leaked-images"}
    claims = [
        one.id + (f" at {one.places[0].row},{one.places[0].column}" if one.places else "")
        for one in found.findings
        if one.severity != "note" and one.check not in {*facts, "conflicting-labels"}
    ]
    return {**pairs, "blank": blank, "claims": claims}


def run_cleanvision(folder: Path) -> Found:
    """All issues that it looks for by default: sets of copies, dark images."""
    from cleanvision import Imagelab

    lab = Imagelab(data_path=str(folder))
    lab.find_issues(verbose=False)
    pairs = {
        kind: [
            sorted(Path(path).name for path in two) for group in lab.info[issue]["sets"] for two in _pairs(list(group))
        ]
        for kind, issue in (("exact", "exact_duplicates"), ("near", "near_duplicates"))
    }
    flagged = lab.issues[lab.issues["is_dark_issue"] | lab.issues["is_low_information_issue"]]
    return {**pairs, "blank": [Path(path).name for path in flagged.index], "claims": None}


def run_cleanlab(folder: Path) -> Found:
    """Datalab on images: by default image issues, and how properties of images go with the label."""
    from cleanlab import Datalab
    from datasets import Dataset, Image

    paths = sorted(folder.rglob("*.png"))
    table = Dataset.from_dict({"image": list(map(str, paths)), "label": [path.parent.name for path in paths]})
    lab = Datalab(data=table.cast_column("image", Image()), label_name="label", image_key="image", verbosity=0)
    lab.find_issues()
    told = lab.get_info("spurious_correlations")
    scores = told["correlations_df"]
    claims = scores[scores["score"] < told["threshold"]]["property"].tolist()
    issues = lab.get_issues()
    flagged = issues["is_dark_issue"] | issues["is_low_information_issue"]
    return {"exact": None, "near": None, "blank": [paths[row].name for row in flagged[flagged].index], "claims": claims}


def _pairs(group: list[str]) -> list[tuple[str, str]]:
    return [(one, other) for number, one in enumerate(group) for other in group[number + 1 :]]


TOOLS = {"tooeasy": run_tooeasy, "cleanvision": run_cleanvision, "cleanlab": run_cleanlab}


def main() -> None:
    """Run the tool on both folders, and print what it found in the first, and took."""
    tool, folder, warm = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    with contextlib.redirect_stdout(sys.stderr):
        TOOLS[tool](warm)
        start = time.perf_counter()
        found = TOOLS[tool](folder)
        seconds = time.perf_counter() - start
    print(json.dumps({**found, "seconds": seconds, "version": version(tool)}))


if __name__ == "__main__":
    main()
