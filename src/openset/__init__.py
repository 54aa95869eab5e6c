"""Openset: a tracked camera, a digital set, a key, a take, a hand-over, and the hubs that share them."""

__version__ = "0.1.0"
