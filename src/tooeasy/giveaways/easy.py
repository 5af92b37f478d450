"""Whether low rungs of the ladder already reach the best one."""

from __future__ import annotations

from tooeasy.giveaways.finding import Finding
from tooeasy.ladder import Ladder

REACHED = 0.95  # of the best rung's skill over the null model
LOW = (
    "metadata",
    "brightness",
    "border",
    "one-pixel",
    "2-pixels",
    "4-pixels",
    "mean-template",
    "least-squares",
    "softmax",
)
VERY_LOW = LOW[:6]


def easy_findings(ladder: Ladder) -> list[Finding]:
    """Make a finding of the lowest rung that is nearly as good as the best, if that is a low one.

    An error if it looks at next to nothing, a warning if it is a template.
    """
    best = ladder.best
    scored = {rung.rung: rung.test_accuracy for rung in ladder.rungs if rung.score is not None}
    if best is None or "nothing" not in scored or best.rung in LOW:
        return []  # nothing higher was climbed to compare with
    null = scored["nothing"]
    least = null + REACHED * (best.test_accuracy - null)
    low = next((name for name in scored if name in LOW and scored[name] >= least), None)
    if low is None or best.test_accuracy <= null:
        return []
    return [
        Finding(
            "too-easy",
            "",
            "error" if low in VERY_LOW else "warning",
            f"{low}: {scored[low]:.1%} of held-out images right; the best rung, {best.rung}, {best.test_accuracy:.1%}",
            {
                "rung": low,
                "test_accuracy": scored[low],
                "best_rung": best.rung,
                "best_test_accuracy": best.test_accuracy,
                "majority": null,
            },
            strength=(scored[low] - null) / (best.test_accuracy - null),
        )
    ]
