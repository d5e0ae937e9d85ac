"""Recalibrating predictions: fitting a calibration, and applying it to a file."""
