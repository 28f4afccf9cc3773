"""The transformer: its definition, faster versions of its parts, several models of one shape at once."""
