"""Whether the learning rate is too high or too low, by trial steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from yeoul.diagnosis.finding import Finding


def check_learning_rate(
    rate: float, before: float, constant: float | None, after: Callable[[float, int], float], steps: int
) -> Iterator[Finding]:
    """Tries the rate, then tenths or tens of it.

    Args:
        rate: the optimizer's learning rate.
        before: the loss now.
        constant: the loss of the best answer that is the same for all samples, if known.
        after: (rate, steps) -> the loss after so many steps, from the same start; infinite if it was lost.
        steps: how many to try.
    """
    own = after(rate, steps)
    # A model that has learned may lose a little in any step: it is judged by what answering without looking would give.
    poor = constant if constant is not None else before
    tried = {rate: own}
    if own > 0.1 * poor:
        has_failed = own > 0.95 * poor
        best = _search(tried, rate, 0.1, lambda r: after(r, steps), patience=2 if has_failed else 1)
        limit = 0.7 if has_failed else 0.5
        if tried[best] < limit * own and tried[best] < before:
            yield Finding(
                "Learning rate too high",
                "error" if not np.isfinite(own) else "warning",
                f"{steps} trial steps at {rate:.3g} take the loss from {before:.4g} to {_loss(own)}, and at {best:.3g} to "
                f"{tried[best]:.4g}."
                + (f" Answering the same for all samples would give {constant:.4g}." if constant is not None else ""),
                f"use a learning rate of about {best:.1g}.",
                {"before": before, "after": own, "better_rate": best, "after_better": tried[best]},
            )
            return
    if own > 0.99 * before and (constant is None or before > 0.5 * constant):
        # Some losses are flat at the start: the rate gets four times as many steps before it is called low.
        later = after(rate, 4 * steps)
        if later < 0.98 * before:
            return
        _search(tried, rate, 10.0, lambda r: after(r, steps), patience=2)
        # The smallest rate that does well: it goes on doing so when the loss is lower.
        better = min((r for r, loss in tried.items() if loss < 0.75 * before), default=rate)
        if better > 30 * rate:
            yield Finding(
                "Learning rate too low",
                "warning",
                f"{4 * steps} trial steps at {rate:.3g} take the loss from {before:.4g} to {later:.4g}, and {steps} steps at "
                f"{better:.3g} to {tried[better]:.4g}.",
                f"try a higher learning rate, up to about {better:.1g}.",
                {"before": before, "after": later, "better_rate": better, "after_better": tried[better]},
            )


def _search(
    tried: dict[float, float], rate: float, factor: float, after: Callable[[float], float], patience: int
) -> float:
    """The best of `tried` and up to six powers of `factor` times `rate`; stops when `patience` in a row are no better."""
    idle = 0
    for _ in range(6):
        best = min(tried.values())
        rate *= factor
        tried[rate] = after(rate)
        idle = 0 if tried[rate] < best or not np.isfinite(best) else idle + 1
        if idle == patience:
            break
    return min(tried, key=tried.__getitem__)


def _loss(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "infinity or NaN"
