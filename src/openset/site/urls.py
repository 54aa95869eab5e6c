"""Every address of the site."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path
from django.urls.resolvers import URLPattern, URLResolver

from openset.site import phone, views
from openset.site.stage_part import stage_page

PRODUCTION = "productions/<slug:production_id>/"
CAMERA = PRODUCTION + "camera/"
TAKE = PRODUCTION + "takes/<str:take_id>/"

CAMERA_VIEWS = "openset.site.camera"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path(PRODUCTION, views.production, name="production"),
    path(PRODUCTION + "monitor/", views.monitor, name="monitor"),
    path(PRODUCTION + "stage/start/", views.stage_start, name="stage-start"),
    path(CAMERA, stage_page(CAMERA_VIEWS, "camera"), name="camera"),
    path(CAMERA + "sheets/", stage_page(CAMERA_VIEWS, "camera_sheets"), name="camera-sheets"),
    path(CAMERA + "bar/", stage_page(CAMERA_VIEWS, "camera_bar"), name="camera-bar"),
    path(CAMERA + "start/", stage_page(CAMERA_VIEWS, "camera_start"), name="camera-start"),
    path(CAMERA + "marks/", stage_page(CAMERA_VIEWS, "camera_marks"), name="camera-marks"),
    path(CAMERA + "board.pdf", stage_page(CAMERA_VIEWS, "camera_board"), name="camera-board"),
    path(CAMERA + "tags.pdf", stage_page(CAMERA_VIEWS, "camera_tags"), name="camera-tags"),
    path(CAMERA + "<slug:name>.svg", stage_page(CAMERA_VIEWS, "camera_drawing"), name="camera-drawing"),
    path(TAKE, views.take, name="take"),
    path(TAKE + "still.jpg", views.take_still, name="take-still"),
    path(TAKE + "marks/", views.marks, name="take-marks"),
    path(TAKE + "verify/", views.verify, name="take-verify"),
    path(TAKE + "proxy/", views.proxy, name="take-proxy"),
    path(TAKE + "files/<path:name>", views.take_file, name="take-file"),
    re_path(
        r"^productions/(?P<production_id>[-\w]+)/(?P<area>sets|deliveries)/(?P<name>.+)$",
        views.production_file,
        name="production-file",
    ),
    path("phones/", phone.desk, name="phones"),
    path("phones/pair/", phone.pair, name="phones-pair"),
    path("phones/<int:number>/away/", phone.send_away, name="phones-away"),
    path("phone/", phone.phone, name="phone"),
    path("phone/enter/<str:token>", phone.enter, name="phone-enter"),
    path("guide/", phone.guide, name="phone-guide"),
    path("openset.crt", phone.authority_file, name="phone-authority"),
    path("openset.mobileconfig", phone.authority_profile, name="phone-profile"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("enter/<str:token>", views.enter, name="enter"),
    path("account/", views.account, name="account"),
    path("language/", include("django.conf.urls.i18n")),
    path("static/<path:path>", views.static_file, name="static-file"),
    path("journal/", include("openset.hub.journal.urls")),
    path("people/", include("openset.hub.people.urls")),
    path("grants/", include("openset.hub.milestones.urls")),
]
handler403 = views.refused
handler404 = views.not_found
handler500 = views.broken
