"""What layers do to what flows through them: units that are always 0, outputs at flat ends, gradients that vanish or explode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from yeoul.diagnosis.finding import Finding
from yeoul.diagnosis.measuring import Measured

#: More than this share of units that are 0 for all samples.
DEAD = 0.5
#: More than this share of outputs at the flat ends.
SATURATED = 0.75
#: Gradients that differ by this factor between the first and the last hidden layer.
STEEP = 1000.0


def check_dead(measured: Measured, samples: int) -> Iterator[Finding]:
    """Units of ReLU that are 0 for every sample: no gradient passes, so they stay so."""
    found = []
    for call in measured.calls:
        if call.largest is not None and (call.largest.size > 1 or call.is_output):
            dead = int((call.largest == 0).sum())
            if dead / call.largest.size > DEAD:
                found.append((call.layer, dead, int(call.largest.size)))
    if found:
        layer, dead, units = max(found, key=lambda f: f[1] / f[2])
        more = f" So are more than half of the units of {len(found) - 1} other layer(s)." if len(found) > 1 else ""
        yield Finding(
            "Dead ReLU units",
            "error" if dead == units else "warning",
            f"{dead} of {units} units of {type(layer).__name__} {layer.name!r} are 0 for all {samples} samples looked at, so no "
            f"gradient reaches their weights.{more}",
            "take a smaller learning rate and scaled features with kernel_initializer='he_normal' and a bias of 0, or LeakyReLU "
            "instead of ReLU; build the model anew to revive them.",
            {"layer": layer.name, "dead": dead, "units": units},
        )


def check_saturated(measured: Measured) -> Iterator[Finding]:
    """Hidden outputs of sigmoid and tanh where the curve is flat."""
    found = [c for c in measured.calls if c.saturated is not None and c.saturated > SATURATED and not c.is_output]
    if found:
        worst = max(found, key=lambda c: c.saturated or 0.0)
        ends = "below 0.02 or above 0.98" if worst.activation == "sigmoid" else "beyond -0.98 or 0.98"
        more = f" The same holds for {len(found) - 1} other layer(s)." if len(found) > 1 else ""
        yield Finding(
            "Saturated activations",
            "warning",
            f"{worst.saturated:.0%} of the outputs of {type(worst.layer).__name__} {worst.layer.name!r} ({worst.activation}) are "
            f"{ends}, where its slope is less than a tenth of the steepest.{more}",
            "scale the features, start from smaller weights (kernel_initializer='glorot_uniform'), put BatchNormalization before "
            "the activation, or use relu.",
            {"layer": worst.layer.name, "share": worst.saturated},
        )


def check_gradients(measured: Measured) -> Iterator[Finding]:
    """Gradients of the loss with respect to the outputs of hidden layers with weights, from the first to the last."""
    if not np.isfinite(measured.loss):
        yield Finding(
            "Exploding gradients",
            "error",
            f"The loss is {measured.loss} before any step of training.",
            "scale the features and targets, and start from smaller weights (kernel_initializer='he_normal').",
            {"loss": measured.loss},
        )
        return
    hidden = [c for c in measured.calls if c.layer.trainable_weights and not c.is_output and c.gradient is not None]
    wrong = [c for c in hidden if not np.isfinite(c.gradient or 0.0)]
    if wrong:
        yield Finding(
            "Exploding gradients",
            "error",
            f"The gradient at the output of {type(wrong[0].layer).__name__} {wrong[0].layer.name!r} is {wrong[0].gradient}.",
            "start from smaller weights (kernel_initializer='he_normal'), add BatchNormalization, or clipnorm=1.0 in the optimizer.",
            {"layers": len(wrong)},
        )
        return
    if len(hidden) < 3:
        return
    first, last = hidden[0], hidden[-1]
    low, high = first.gradient or 0.0, last.gradient or 0.0
    path = ", ".join(f"{c.layer.name} {c.gradient:.1e}" for c in _some(hidden))
    numbers = {"first": low, "last": high, "layers": len(hidden)}
    names = f"{first.layer.name!r} (the first of {len(hidden)} hidden layers with weights)"
    if high > 0 and low < high / STEEP:
        times = f"{high / low:.1g} times smaller than" if low > 0 else "0, unlike"
        yield Finding(
            "Vanishing gradients",
            "warning",
            f"The gradient at the output of {names} is {times} at {last.layer.name!r}: {path}.",
            "use relu with kernel_initializer='he_normal' instead of sigmoid or tanh, add BatchNormalization or skip connections, or "
            "take fewer layers.",
            numbers,
        )
    elif low > high * STEEP:
        yield Finding(
            "Exploding gradients",
            "warning",
            f"The gradient at the output of {names} is {low / max(high, 1e-45):.1g} times larger than at {last.layer.name!r}: {path}.",
            "start from smaller weights (kernel_initializer='he_normal'), add BatchNormalization, or clipnorm=1.0 in the optimizer.",
            numbers,
        )


def _some(calls: list) -> list:
    """The first, the last and some between."""
    if len(calls) <= 5:
        return calls
    return [calls[round(i * (len(calls) - 1) / 4)] for i in range(5)]
