"""Grants paid in milestones, each proved by what a production folder holds."""
