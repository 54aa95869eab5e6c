"""Openset: tracked camera, digital set, key, take, hand-over, and the hubs that share them."""

__version__ = "0.1.0"
