"""Tables to fits, predictions and claims, one module a paper."""
