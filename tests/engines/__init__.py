"""Tests of where the work is done."""
