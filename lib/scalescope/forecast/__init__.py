"""From a table of runs to a prediction of a larger one: read, fit, compare, forecast, seal, score. Needs no torch."""

from scalescope.forecast.forecast import Forecast, forecast
from scalescope.forecast.table import BadTable, RunTable, read_runs, run_table

__all__ = ["BadTable", "Forecast", "RunTable", "forecast", "read_runs", "run_table"]
