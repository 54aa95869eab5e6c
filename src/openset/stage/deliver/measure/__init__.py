"""Figures of a take that are measured once, when it is handed over."""
