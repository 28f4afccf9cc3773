"""The microworld: a seeded world of entities and facts, its articles, and nine tasks about it."""

from scalescope.microworld.source import Microworld

__all__ = ["Microworld"]
