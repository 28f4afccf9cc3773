"""Nine language-understanding tasks: rows, features, metrics."""
