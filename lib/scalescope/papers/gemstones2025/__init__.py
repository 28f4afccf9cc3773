"""The paper gemstones2025."""
