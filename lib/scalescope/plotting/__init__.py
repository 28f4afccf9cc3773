"""Pictures: the paper style on seaborn, panels of laws, heat maps, files. Nothing is fitted here."""

from scalescope.plotting.plot_law import plot_law
from scalescope.plotting.save import remove, save

__all__ = ["plot_law", "remove", "save"]
