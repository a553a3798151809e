"""Layers that vary images by several others: in a fixed order, or drawn from a set."""

from __future__ import annotations

from typing import Any

from yeoul import ops, random
from yeoul.core.tensor import Tensor
from yeoul.layers.color_augmentation import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomHue,
    RandomPosterization,
    RandomSaturation,
    RandomSharpness,
    Solarization,
)
from yeoul.layers.convolution import positive_int
from yeoul.layers.histogram_augmentation import AutoContrast, Equalization
from yeoul.layers.image_augmentation import ImageAugmentation, factor_range, valid_range
from yeoul.layers.place_augmentation import RandomRotation, RandomShear, RandomTransform, RandomTranslation
from yeoul.ops.image_sampling import check_modes
from yeoul.serialization import attributes

__all__ = ["AugMix", "RandAugment", "RandomColorJitter"]


class RandomColorJitter(ImageAugmentation):
    """RandomBrightness, RandomContrast, RandomSaturation and RandomHue one after the other, those whose factor is given.

    Args:
        value_range: smallest and largest value of a pixel.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: factors of these layers, or None.
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.value_range = valid_range("RandomColorJitter", value_range)
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        chosen = (
            (RandomBrightness, brightness_factor),
            (RandomContrast, contrast_factor),
            (RandomSaturation, saturation_factor),
            (RandomHue, hue_factor),
        )
        self.steps: list[Any] = []
        for i, (kind, factor) in enumerate(chosen):
            if factor is not None:
                own = None if seed is None else seed + i
                self.steps.append(kind(factor, self.value_range, seed=own, data_format="channels_last"))

    def choose(self, images: Tensor) -> dict[str, Any]:
        return {step.name: step.choose(images) for step in self.steps}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        for step in self.steps:
            images = step.vary(images, chosen[step.name])
        return images

    def get_config(self) -> dict[str, Any]:
        names = "value_range brightness_factor contrast_factor saturation_factor hue_factor"
        return {**super().get_config(), **attributes(self, names)}


class DrawnAugmentation(ImageAugmentation):
    """Base of layers that draw from a set of others which of them vary a batch.

    Args:
        factor: range of the strength of all of them within [0, 1]; one number f means from 0 to f.
        interpolation: of those that move images, "bilinear" or "nearest".
    """

    kinds: tuple[Any, ...] = (
        RandomShear,
        RandomTranslation,
        RandomRotation,
        RandomBrightness,
        RandomColorDegeneration,
        RandomContrast,
        RandomSharpness,
        RandomPosterization,
        Solarization,
        AutoContrast,
        Equalization,
    )

    def __init__(
        self,
        value_range: Any,
        factor: Any,
        interpolation: str,
        seed: int | None,
        data_format: str | None,
        kinds: Any,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        kind = type(self).__name__
        self.value_range = valid_range(kind, value_range)
        self.factor = factor_range(kind, "factor", factor, 0.0, 1.0, is_around_zero=False)
        check_modes(kind, interpolation)
        self.interpolation = interpolation
        self.steps: list[Any] = []
        for i, step in enumerate(kinds):
            names = _FACTORS.get(step, ("factor",))
            strength = (1, max(1, int(8 * self.factor[1]))) if step is RandomPosterization else self.factor
            given: dict[str, Any] = dict.fromkeys(names, strength)
            if names:
                given["seed"] = None if seed is None else seed + i + 1
            if issubclass(step, RandomTransform):
                given["interpolation"] = interpolation
            else:
                given["value_range"] = self.value_range
            self.steps.append(step(data_format="channels_last", **given))

    def choose_steps(self, images: Tensor) -> list[dict[str, Any]]:
        return [step.choose(images) for step in self.steps]

    def step(self, index: Tensor, method: str, x: Tensor, choices: list[dict[str, Any]]) -> Tensor:
        """What the layer of this number makes of x by its `method`; x itself for the number after the last.

        While the index is symbolic all layers compute. Those that move images differ in their transforms only, so one of them reads
        for all.
        """
        steps = list(zip(self.steps, choices, strict=True))
        if index.array is not None:
            found = int(index)
            return x if found == len(steps) else getattr(steps[found][0], method)(x, steps[found][1])
        moving = [i for i, (step, _) in enumerate(steps) if isinstance(step, RandomTransform)]
        transform = choices[moving[0]]["transform"]
        for i in moving[1:]:
            transform = ops.where(index == i, choices[i]["transform"], transform)
        moved = getattr(self.steps[moving[0]], method)(x, {"transform": transform})
        y = x
        for i, (step, choice) in enumerate(steps):
            y = ops.where(index == i, moved if i in moving else getattr(step, method)(x, choice), y)
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "value_range factor interpolation")}


#: What layers call their strength, where it is not "factor".
_FACTORS: dict[Any, tuple[str, ...]] = {
    RandomShear: ("x_factor", "y_factor"),
    RandomTranslation: ("height_factor", "width_factor"),
    Solarization: ("addition_factor", "threshold_factor"),
    AutoContrast: (),
    Equalization: (),
}


class RandAugment(DrawnAugmentation):
    """Varies each batch by `num_ops` of eleven layers, one after the other, which are drawn anew. Source: Cubuk et al. 2019.

    The layers shear, translate, rotate, change brightness, colour, contrast and sharpness, posterize, solarize, stretch
    contrast and equalize. A compiled program computes all of them and takes those drawn.

    Args:
        value_range: smallest and largest value of a pixel.
        num_ops: how many of the layers follow one another.
        Others as in `AugMix`.
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, factor, interpolation, seed, data_format, self.kinds, **kwargs)
        self.num_ops = positive_int("RandAugment", "num_ops", num_ops)

    def choose(self, images: Tensor) -> dict[str, Any]:
        which = random.randint((self.num_ops,), 0, len(self.steps), seed=self.seed_generator)
        return {"which": which, "steps": self.choose_steps(images)}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self._in_turn("vary", images, chosen)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self._in_turn("vary_masks", masks, chosen)

    def _in_turn(self, method: str, x: Tensor, chosen: dict[str, Any]) -> Tensor:
        for i in range(self.num_ops):
            x = self.step(chosen["which"][i], method, x, chosen["steps"])
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_ops": self.num_ops}


class AugMix(DrawnAugmentation):
    """w x + (1 - w) sum_i v_i chain_i(x): images mixed with several variants of themselves. Source: Hendrycks et al. 2019.

    A chain is a sequence of up to `chain_depth` of the layers of `RandAugment`, drawn anew for each batch; w is of
    Beta(alpha, alpha) and v of a Dirichlet distribution. Masks beside images stay as they are.

    Args:
        value_range: smallest and largest value of a pixel.
        num_chains: number of variants.
        chain_depth: how many layers a chain may have; each place stays empty as often as it holds any one layer.
        factor: range of the strength of all layers within [0, 1]; one number f means from 0 to f.
        alpha: of the two distributions.
        all_ops: whether brightness, colour, contrast and sharpness are among the layers.
        interpolation: of layers that move images, "bilinear" or "nearest".
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        extra = (RandomBrightness, RandomColorDegeneration, RandomContrast, RandomSharpness)
        kinds = [kind for kind in self.kinds if all_ops or kind not in extra]
        super().__init__(value_range, factor, interpolation, seed, data_format, kinds, **kwargs)
        self.num_chains = positive_int("AugMix", "num_chains", num_chains)
        self.chain_depth = positive_int("AugMix", "chain_depth", chain_depth)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise ValueError(f"AugMix: alpha must be a positive number, and got {alpha!r}.")
        self.alpha, self.all_ops = alpha, all_ops

    def choose(self, images: Tensor) -> dict[str, Any]:
        size = (self.num_chains, self.chain_depth)
        shares = random.gamma((self.num_chains,), self.alpha, "float32", self.seed_generator)
        return {
            "weight": random.beta((), self.alpha, self.alpha, "float32", self.seed_generator),
            "shares": shares / ops.sum(shares),
            "which": random.randint(size, 0, len(self.steps) + 1, seed=self.seed_generator),
            "chains": [[self.choose_steps(images) for _ in range(size[1])] for _ in range(size[0])],
        }

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        total = ops.zeros_like(images)
        for i, chain in enumerate(chosen["chains"]):
            x = images
            for j, choices in enumerate(chain):
                x = self.step(chosen["which"][i, j], "vary", x, choices)
            total = total + x * ops.cast(chosen["shares"][i], x.dtype)
        weight = ops.cast(chosen["weight"], images.dtype)
        return weight * images + (1.0 - weight) * total

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "num_chains chain_depth alpha all_ops")}
