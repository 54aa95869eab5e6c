"""Printed tags in the picture: where they hang, and where a camera that sees them stands."""
