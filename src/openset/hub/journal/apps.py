"""The journal as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """`openset.hub.journal`, tables `journal_*`."""

    name = "openset.hub.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"
