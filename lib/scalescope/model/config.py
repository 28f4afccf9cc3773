"""The shape of an encoder: numbers only, so that plans and profiles need no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from scalescope.errors import UnknownName

# enters run ids: change it with the model
ARCHITECTURE = "pre-norm, relative bias, tied embeddings, squared ReLU, no linear biases; 4"


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of one encoder. hidden = aspect_ratio * layers; parameters N = 12 L H^2 (Ivgi 2022, table 6)."""

    aspect_ratio: int
    layers: int
    heads: int
    vocabulary_size: int
    max_length: int
    dropout: float = 0.0
    architecture: str = ARCHITECTURE

    def __post_init__(self) -> None:
        if self.architecture != ARCHITECTURE:
            raise UnknownName("architecture", self.architecture, [ARCHITECTURE])
        for name in ("aspect_ratio", "layers", "heads", "vocabulary_size", "max_length"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a positive whole number, got {value!r}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {self.dropout!r}")
        if self.hidden % self.heads:
            fits = [h for h in range(1, self.hidden + 1) if self.hidden % h == 0]
            close = min(fits, key=lambda h: abs(h - self.heads))
            raise ValueError(
                f"heads={self.heads} do not divide hidden={self.hidden} (aspect_ratio {self.aspect_ratio} x "
                f"layers {self.layers}); the nearest number of heads that does is {close}"
            )

    @property
    def hidden(self) -> int:
        """Width H of the residual stream."""
        return self.aspect_ratio * self.layers

    @property
    def parameters(self) -> int:
        """N = 12 L H^2: weight matrices of the blocks, without embeddings, biases, norms and heads."""
        return 12 * self.layers * self.hidden**2

    @property
    def name(self) -> str:
        """Short name such as "ar32-l2"."""
        return f"ar{self.aspect_ratio}-l{self.layers}"
