"""Calibrations as formulas in other languages."""
