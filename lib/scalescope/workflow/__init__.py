"""Jobs, notebooks, plans, progress: how a profile is run from end to end."""
