"""Measuring a camera: its lens, its nodal offset, its delay."""
