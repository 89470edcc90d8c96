"""`python`: an encoder of the user's own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import getsource
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, PrivateAttr
from torch import Tensor, nn

from distgroup.encoders.base import Encoder
from distgroup.errors import RequestError
from distgroup.seeding import derive
from distgroup.tasks.user_code import failure, importable, resolve

FIELD = "model.encoder.path"
DRY_ROWS = 2


class Python(Encoder):
    """A function of the user's that returns a torch module, [rows, features] → [rows, width]; the spec's folder is
    importable.

    ```yaml
    model:
      encoder:
        kind: python
        path: "vit:encoder"             # function encoder of vit.py beside the spec, or of an installed module
        options: {image: [1, 8, 16], patch: 4}   # keyword arguments, after the number of features
    ```

    ```python
    import torch
    from torch import nn


    class VisionTransformer(nn.Module):
        def __init__(self, image, patch, width, depth, heads):
            super().__init__()
            channels, *size = self.image = image
            self.embed = nn.Conv2d(channels, width, patch, stride=patch)
            patches = (size[0] // patch) * (size[1] // patch)
            self.position = nn.Parameter(0.02 * torch.randn(patches, width))
            layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.0, batch_first=True)
            self.blocks = nn.TransformerEncoder(layer, depth)

        def forward(self, inputs):  # [rows, features]
            tokens = self.embed(inputs.unflatten(1, self.image)).flatten(2).transpose(1, 2)
            return self.blocks(tokens + self.position).mean(1)  # [rows, width]


    def encoder(features, image, patch, width=32, depth=2, heads=4):
        return VisionTransformer(image, patch, width, depth, heads)
    ```

    torch's random numbers on the CPU are seeded for the function, and are afterwards as they were. Such an encoder is
    trained data-parallel; it cannot be stacked, and so neither enumerated nor estimated on.
    """

    kind: Literal["python"] = "python"
    path: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", description="module:function that returns a module")
    options: dict[str, Any] = Field(default={}, description="Keyword arguments of the function")
    _folder: Path = PrivateAttr(default=Path())

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def bind(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._function()

    def check(self, features: int) -> None:
        self._tried(features, seed=0)

    def width(self, features: int) -> int:
        return self._tried(features, seed=0)[1]

    def module(self, features: int, seed: int) -> nn.Module:
        return self._tried(features, seed)[0].double()

    def identity(self) -> str:
        """Its results also depend on what the user's file says."""
        return f"{self.model_dump_json()}\n{getsource(sys.modules[self._function().__module__])}"

    def _function(self) -> Any:
        with importable(self._folder):
            found = resolve(FIELD, self.path, self._folder)
        if not callable(found):
            raise RequestError(f"{FIELD}: {self.path} is {type(found).__name__}; it must be a function")
        return found

    def _tried(self, features: int, seed: int) -> tuple[nn.Module, int]:
        """The module, and its width: what it makes of some rows of zeros, in evaluation."""
        function, inputs = self._function(), torch.zeros(DRY_ROWS, features)
        arguments = ", ".join([str(features), *(f"{key}={value!r}" for key, value in self.options.items())])
        with importable(self._folder), seeded(derive(seed, "init", "encoder")):
            try:
                module = function(features, **self.options)
                found = _evaluated(module, inputs) if isinstance(module, nn.Module) else None
            except Exception as error:
                raise RequestError(
                    f"{FIELD}: {self.path}, called with ({arguments}), {failure(error, self._folder)}"
                ) from error
        if found is None:
            raise RequestError(f"{FIELD}: {self.path} returned {type(module).__name__}; it must return a torch module")
        if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != DRY_ROWS:
            shape = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise RequestError(
                f"{FIELD}: the module of {self.path} made {shape} of inputs {list(inputs.shape)}; "
                f"it must be [rows, width], [{DRY_ROWS}, ...]"
            )
        return module, found.shape[1]


def _evaluated(module: nn.Module, inputs: Tensor) -> Any:
    training = module.training
    with torch.no_grad():
        found = module.eval()(inputs)
    module.train(training)
    return found


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch's own generator on the CPU, from which modules draw, starts at ``seed``; afterwards it is as it was."""
    generator = torch.default_generator
    before = generator.get_state()
    generator.manual_seed(seed)
    try:
        yield
    finally:
        generator.set_state(before)
