"""The paper barnett2024."""
