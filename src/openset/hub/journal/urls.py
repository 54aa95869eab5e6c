"""Addresses of the journal's page."""

from __future__ import annotations

from django.urls import path

from openset.hub.journal import views

app_name = "journal"
urlpatterns = [path("", views.index, name="index")]
