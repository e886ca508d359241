"""AdamW over float32 master weights, in shards that threads update side by side.

The model may compute in bf16: its eight bits would swallow small updates, so they go to
a float32 copy first (Micikevicius et al., "Mixed Precision Training", 2018, section 3.1).
AdamW: Loshchilov and Hutter (2019). Every weight's update depends on its own gradient and
the common norm alone, so sharding changes nothing but the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import torch

from qa.errors import TrainingError

__all__ = ["MasterWeights"]

_N_SHARDS = 4
_STATES = ("step", "exp_avg", "exp_avg_sq")


class _Workers(Protocol):
    """The part of a thread pool that is needed: ordered results."""

    def map(self, function: Callable[..., Any], *items: Iterable[Any]) -> Iterable[Any]: ...


class MasterWeights:
    """The trained weights in float32, their optimiser, and the way back to the model."""

    def __init__(
        self,
        model: torch.nn.Module,
        originals: Mapping[str, torch.Tensor],
        *,
        weight_decay: float,
        clip_norm: float,
    ) -> None:
        """Take over every parameter that requires a gradient.

        Args:
            model: On its device, in its precision.
            originals: Its weights in float32, by name; left as they are.
            weight_decay: On matrices, not on biases and norms.
            clip_norm: Largest norm of the whole gradient.
        """
        self.clip_norm = clip_norm
        self.names: list[str] = []
        self.parameters: list[torch.nn.Parameter] = []
        self.masters: list[torch.Tensor] = []
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                self.names.append(name)
                self.parameters.append(parameter)
                self.masters.append(originals[name].detach().clone().to(parameter.device))
        # Largest first, each to the shard that has least: a fixed, even split.
        self.shards: list[list[int]] = [[] for _ in range(_N_SHARDS)]
        sizes = [0] * _N_SHARDS
        for index in sorted(range(len(self.masters)), key=lambda i: -self.masters[i].numel()):
            lightest = sizes.index(min(sizes))
            self.shards[lightest].append(index)
            sizes[lightest] += self.masters[index].numel()
        self.shards = [shard for shard in self.shards if shard]
        self.optimizers = [
            torch.optim.AdamW(
                [
                    {
                        "params": [self.masters[i] for i in shard if self.masters[i].ndim > 1],
                        "weight_decay": weight_decay,
                    },
                    {
                        "params": [self.masters[i] for i in shard if self.masters[i].ndim <= 1],
                        "weight_decay": 0.0,
                    },
                ],
                betas=(0.9, 0.98),
                eps=1e-6,
                fused=True,
            )
            for shard in self.shards
        ]

    def step(
        self,
        gradients: Sequence[Sequence[torch.Tensor]],
        *,
        learning_rate: float,
        workers: _Workers,
    ) -> float:
        """Update the weights from the parts' gradients, which are added up in order.

        Args:
            gradients: (parts, parameters), any precision.
            learning_rate: Of this step.
            workers: Threads to spread the shards over.

        Returns:
            The gradient's norm before clipping.
        """
        numbers = range(len(self.shards))

        def add_up(number: int) -> float:
            square = 0.0
            for index in self.shards[number]:
                total = gradients[0][index].to(torch.float32, copy=True)
                for part in gradients[1:]:
                    total.add_(part[index])
                self.masters[index].grad = total
                square += float(torch.linalg.vector_norm(total)) ** 2
            return square

        norm: float = sum(workers.map(add_up, numbers)) ** 0.5
        factor = min(1.0, self.clip_norm / (norm + 1e-6))

        def update(number: int) -> None:
            with torch.no_grad():
                for index in self.shards[number]:
                    gradient = self.masters[index].grad
                    if gradient is not None and factor < 1.0:
                        gradient.mul_(factor)
                optimizer = self.optimizers[number]
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate
                optimizer.step()
                for index in self.shards[number]:
                    self.parameters[index].copy_(self.masters[index])

        for _ in workers.map(update, numbers):
            pass
        return norm

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the trained weights by name, float32, on the CPU."""
        return {n: master.cpu() for n, master in zip(self.names, self.masters, strict=True)}

    def state(self) -> dict[str, torch.Tensor]:
        """Return the optimiser's state as `name of the state/name of the weight`."""
        return {
            f"{key}/{self.names[index]}": value.cpu()
            for shard, optimizer in zip(self.shards, self.optimizers, strict=True)
            for index in shard
            for key, value in optimizer.state.get(self.masters[index], {}).items()
        }

    def restore(
        self, weights: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor]
    ) -> None:
        """Put weights and state back, as `weights` and `state` gave them.

        Raises:
            TrainingError: A weight is missing or has another shape.
        """
        with torch.no_grad():
            for shard, optimizer in zip(self.shards, self.optimizers, strict=True):
                for index in shard:
                    name, master = self.names[index], self.masters[index]
                    if name not in weights or weights[name].shape != master.shape:
                        msg = (
                            f"The checkpoint lacks a fitting weight {name!r}. Resume with the "
                            "encoder it was begun with."
                        )
                        raise TrainingError(msg)
                    master.copy_(weights[name])
                    self.parameters[index].copy_(master)
                    if all(f"{key}/{name}" in state for key in _STATES):
                        optimizer.state[master] = {
                            key: state[f"{key}/{name}"].clone().to(master.device) for key in _STATES
                        }
