"""Fuzzing, and the soak against an independent reference."""
