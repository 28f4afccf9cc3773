"""Tables to matplotlib figures, one module a paper."""
