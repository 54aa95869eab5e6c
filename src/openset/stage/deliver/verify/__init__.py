"""Checking a delivery by working everything out again from its files."""
