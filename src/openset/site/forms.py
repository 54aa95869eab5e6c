"""Forms of the site: signing in, one's own name and password, and what is said about a take."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from openset.site.enter import forget_failures, must_wait, note_failure

RATINGS = [("0", _("none")), *((str(n), str(n)) for n in range(1, 6))]


class SignInForm(AuthenticationForm):
    """Django's form, with a limit on guessing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean(self) -> dict[str, Any]:
        """Refuse for a while after repeated failures, whether or not the password is right."""
        key = self._key()
        if must_wait(key):
            raise ValidationError(
                _("Too many wrong sign-ins. Wait a quarter of an hour and try again."), code="wait"
            )
        try:
            cleaned = super().clean()
        except ValidationError:
            note_failure(key)
            raise
        if self.get_user() is not None:
            forget_failures(key)
        return cleaned

    def _key(self) -> str:
        address = self.request.META.get("REMOTE_ADDR", "") if self.request is not None else ""
        return f"{address} {self.cleaned_data.get('username', '').casefold()}"


class AccountForm(forms.Form):
    """The name one signs in with, and a password of one's own."""

    # The same field as on the sign-in form, so that a name is kept as it is later asked for.
    username = UsernameField(
        label=_("Name to sign in with"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("New password"),
        help_text=_("At least ten characters. A short sentence is easy to remember."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.user = user

    def clean_username(self) -> str:
        """A name nobody else has."""
        name = str(self.cleaned_data["username"]).strip()
        taken = get_user_model().objects.filter(username__iexact=name).exclude(pk=self.user.pk)
        if taken.exists():
            raise ValidationError(_("Somebody here has this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        """Both passwords agree and are not too easy."""
        cleaned = super().clean() or {}
        password = cleaned.get("password")
        if password is None:
            return cleaned
        if password != cleaned.get("again"):
            raise ValidationError(_("The two passwords differ."))
        named = copy(self.user)
        named.username = cleaned.get("username", named.username)
        password_validation.validate_password(password, named)
        return cleaned


class MarksForm(forms.Form):
    """What the floor says about a take: circled or not, a rating, a note."""

    circled = forms.BooleanField(label=_("Circled"), required=False)
    rating = forms.TypedChoiceField(label=_("Rating"), choices=RATINGS, coerce=int, required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
