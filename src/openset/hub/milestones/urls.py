"""Addresses of the grants' pages."""

from __future__ import annotations

from django.urls import path

from openset.hub.milestones import views

app_name = "milestones"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:grant_id>/", views.grant, name="grant"),
    path("<str:grant_id>/<slug:name>/", views.proof, name="proof"),
    path("<str:grant_id>/<slug:name>/look/", views.look, name="look"),
    path("<str:grant_id>/<slug:name>/decide/", views.decide, name="decide"),
]
