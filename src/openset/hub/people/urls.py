"""Addresses of the people's page."""

from __future__ import annotations

from django.urls import path

from openset.hub.people import views

app_name = "people"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:person_id>/roles/", views.give_roles, name="roles"),
]
