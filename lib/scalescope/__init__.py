"""scalescope: scaling laws of tiny transformers, from pretraining to forecasts."""

__version__ = "0.1.0"
