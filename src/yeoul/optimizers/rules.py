"""The update rules."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """w <- w - lr g; with momentum v <- m v - lr g, w <- w + v; with nesterov w <- w + m v - lr g."""

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        **kwargs: Any,
    ):
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD: momentum must be between 0 and 1, and got {momentum}.")
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.momentum, self.nesterov = momentum, nesterov

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self.momentums = self._slots_like(variables, "momentum") if self.momentum else []

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        if not self.momentum:
            variable.assign(variable.value - gradient * learning_rate)
            return
        m = self.momentums[self._get_variable_index(variable)]
        step = gradient * learning_rate
        velocity = m.value * self.momentum - step
        m.assign(velocity)
        variable.assign(variable.value + (velocity * self.momentum - step if self.nesterov else velocity))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


class RMSprop(Optimizer):
    """v <- rho v + (1 - rho) g^2; w <- w - lr g / sqrt(v + epsilon). Source: Hinton 2012; epsilon inside the root as in Keras."""

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7, centered: bool = False,
                 weight_decay: float | None = None, **kwargs: Any):  # fmt: skip
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._velocities = self._slots_like(variables, "velocity")
        self._momentums = self._slots_like(variables, "momentum") if self.momentum > 0 else []
        self._averages_of_gradients = self._slots_like(variables, "average_gradient") if self.centered else []

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        v = self._velocities[i]
        v.assign(v.value * self.rho + ops.square(gradient) * (1.0 - self.rho))
        spread = v.value
        if self.centered:
            mean = self._averages_of_gradients[i]
            mean.assign(mean.value * self.rho + gradient * (1.0 - self.rho))
            spread = spread - ops.square(mean.value)
        step = gradient * learning_rate / ops.sqrt(spread + self.epsilon)
        if self.momentum > 0:
            m = self._momentums[i]
            m.assign(m.value * self.momentum + step)
            step = m.value
        variable.assign(variable.value - step)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class Adagrad(Optimizer):
    """a <- a + g^2; w <- w - lr g / sqrt(a + epsilon). Source: Duchi et al. 2011."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._accumulators = self._slots_like(variables, "accumulator", self.initial_accumulator_value)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        a = self._accumulators[self._get_variable_index(variable)]
        a.assign(a.value + ops.square(gradient))
        variable.assign(variable.value - gradient * learning_rate / ops.sqrt(a.value + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }


class Adadelta(Optimizer):
    """Steps of the size of recent steps over that of recent gradients. Source: Zeiler 2012."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.rho, self.epsilon = rho, epsilon

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._gradients = self._slots_like(variables, "accumulated_grad")
        self._deltas = self._slots_like(variables, "accumulated_delta_var")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        g, d = self._gradients[i], self._deltas[i]
        g.assign(g.value * self.rho + ops.square(gradient) * (1.0 - self.rho))
        delta = -(ops.sqrt(d.value + self.epsilon) * gradient / ops.sqrt(g.value + self.epsilon))
        d.assign(d.value * self.rho + ops.square(delta) * (1.0 - self.rho))
        variable.assign(variable.value + delta * learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


class Adam(Optimizer):
    """m <- m + (1 - b1)(g - m); v <- v + (1 - b2)(g^2 - v); w <- w - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon).

    Source: Kingma & Ba 2015, algorithm 1 in the form at the end of section 2; epsilon outside the root as in Keras.
    """

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False,
                 weight_decay: float | None = None, **kwargs: Any):  # fmt: skip
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums = self._slots_like(variables, "momentum")
        self._velocities = self._slots_like(variables, "velocity")
        self._largest = self._slots_like(variables, "velocity_hat") if self.amsgrad else []

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        t = ops.cast(self.iterations.value + 1, variable.dtype)
        rate = learning_rate * ops.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.beta_1))
        v.assign(v.value + (ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        spread = v.value
        if self.amsgrad:
            largest = self._largest[i]
            largest.assign(ops.maximum(largest.value, spread))
            spread = largest.value
        variable.assign(variable.value - m.value * rate / (ops.sqrt(spread) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


class AdamW(Adam):
    """Adam with weight decay apart from the gradient. Source: Loshchilov & Hutter 2019."""

    def __init__(self, learning_rate: Any = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
                 amsgrad: bool = False, **kwargs: Any):  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, **kwargs)


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the second moment. Source: Kingma & Ba 2015, algorithm 2."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._m = self._slots_like(variables, "momentum")
        self._u = self._slots_like(variables, "norm")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, u = self._m[i], self._u[i]
        t = ops.cast(self.iterations.value + 1, variable.dtype)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.beta_1))
        u.assign(ops.maximum(u.value * self.beta_2, ops.absolute(gradient)))
        variable.assign(variable.value - m.value * (learning_rate / (1.0 - self.beta_1**t)) / (u.value + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


class Lion(Optimizer):
    """w <- w - lr sign(b1 m + (1 - b1) g); m <- b2 m + (1 - b2) g. Source: Chen et al. 2023."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums = self._slots_like(variables, "momentum")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        m = self._momentums[self._get_variable_index(variable)]
        variable.assign(
            variable.value - ops.sign(m.value * self.beta_1 + gradient * (1.0 - self.beta_1)) * learning_rate
        )
        m.assign(m.value * self.beta_2 + gradient * (1.0 - self.beta_2))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
