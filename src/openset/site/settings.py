"""Django settings of the one web site: loopback only, SQLite, nothing to configure by hand.

Importing this module reads the environment and touches no disk; the secret is made, mode 0600, when
first asked for. `OPENSET_HOME` says where the hub's own files live, `OPENSET_PRODUCTIONS` which
production (or folder of productions) the pages show.
"""

from __future__ import annotations

import os
from pathlib import Path

import django_stubs_ext
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from openset.site.secret import read_secret
from openset.store.home import openset_home

django_stubs_ext.monkeypatch()

HERE = Path(__file__).resolve().parent

PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
PASSWORDS = "django.contrib.auth.password_validation"

SECRET_KEY = SimpleLazyObject(read_secret)
DEBUG = False
DESK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
PHONE_HOSTS = [name for name in os.environ.get("OPENSET_PHONE_HOSTS", "").split(",") if name]
"""Names of this machine on its networks, for the phones' doors alone (site/secure.py)."""
PHONES_AT = os.environ.get("OPENSET_PHONES_AT", "")
GUIDE_AT = os.environ.get("OPENSET_GUIDE_AT", "")
ALLOWED_HOSTS = [*DESK_HOSTS, *PHONE_HOSTS]
PRODUCTIONS = os.environ.get("OPENSET_PRODUCTIONS", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "openset.site",
    "openset.hub.journal",
    "openset.hub.people",
    "openset.hub.milestones",
]

MIDDLEWARE = [
    "openset.site.middleware.security_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "openset.site.urls"
ASGI_APPLICATION = "openset.site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["openset.site.templatetags.kit"],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": openset_home() / "hub.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": PRAGMAS,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("ar", _("Arabic"))]
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("vendor", HERE / "vendor")]

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{PASSWORDS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{PASSWORDS}.CommonPasswordValidator"},
    {"NAME": f"{PASSWORDS}.UserAttributeSimilarityValidator"},
]

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "openset_session"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_NAME = "openset_csrf"
CSRF_FAILURE_VIEW = "openset.site.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {message}", "style": "{"}},
    "handlers": {
        "terminal": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nobody": {"class": "logging.NullHandler"},
    },
    "loggers": {
        "django": {"handlers": ["terminal"], "level": "ERROR", "propagate": False},
        # Answered with 400; a page elsewhere could otherwise fill the terminal.
        "django.security.DisallowedHost": {"handlers": ["nobody"], "propagate": False},
    },
}
