"""The shape of an encoder and its choices: numbers and words only, so that plans and profiles need no PyTorch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from scalescope.errors import check_name

# enters run ids: change it with the model
ARCHITECTURE = "pre-norm, relative bias, tied embeddings, squared ReLU, no linear biases; 4"
ACTIVATIONS = ("squared_relu", "gelu")
POSITIONS = ("relative", "absolute")


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of one encoder. hidden = aspect_ratio * layers; parameters N = 12 L H^2 (Ivgi 2022, table 6).

    The choices behind `architecture` are what a token budget of millions (not billions) needs:
    benchmarks/results/architecture.csv holds each beside its alternative, at 0.5 M tokens.
    """

    aspect_ratio: int
    layers: int
    heads: int
    vocabulary_size: int
    max_length: int
    dropout: float = 0.0
    architecture: str = ARCHITECTURE  # names the defaults of the choices below
    activation: str = "squared_relu"  # for speed; at most 0.02 nats worse than "gelu"
    positions: str = "relative"  # a bias of the attention scores per distance; "absolute": learned embeddings
    local_heads: int = 2  # up to so many heads start at their neighbours: two nats better than none
    embedding_scale: float = 0.1  # deviation at the start; 0.2 to 0.6 nats better than BERT's 0.02
    # tokens enter as embeddings times H^0.5 (Vaswani 2017, section 3.4), half a block starts at 1 / (2 L) of its size
    # (GPT-2: 1 / sqrt(2 L)): together 0.12 nats at two layers, 0.32 at four
    input_exponent: float = 0.5
    residual_exponent: float = 1.0
    feed_scale: float = 0.5  # of feed_out at the start: squared ReLU of a unit normal is twice as large as its GELU

    def __post_init__(self) -> None:
        for name, known in (("architecture", [ARCHITECTURE]), ("activation", ACTIVATIONS), ("positions", POSITIONS)):
            check_name(name, getattr(self, name), known)
        for name in ("aspect_ratio", "layers", "heads", "vocabulary_size", "max_length"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a positive whole number, got {value!r}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {self.dropout!r}")
        if not isinstance(self.local_heads, int) or self.local_heads < 0:
            raise ValueError(f"local_heads must be a whole number from 0 on, got {self.local_heads!r}")
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

    def facts(self) -> dict:
        """The configuration as a dict for run ids and manifests; a choice stands in it where it is not the default."""
        names = [field.name for field in fields(self)]
        choices = names[names.index("architecture") + 1 :]
        return {k: v for k, v in asdict(self).items() if k not in choices or v != getattr(EncoderConfig, k)}
