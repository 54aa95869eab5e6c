"""People as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """`openset.hub.people`, tables `people_*`."""

    name = "openset.hub.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
