"""The track of a take solved again from its own picture, after the take."""
