"""Milestones as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class MilestonesConfig(AppConfig):
    """`openset.hub.milestones`, tables `milestones_*`."""

    name = "openset.hub.milestones"
    label = "milestones"
    default_auto_field = "django.db.models.BigAutoField"
