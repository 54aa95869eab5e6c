"""The sentences the monitor's script may say, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def monitor_words() -> dict[str, str]:
    """Sentences by name; {n} stands for a number."""
    return {
        "absent": _("No stage is running."),
        "starting": _("The stage is starting."),
        "failed": _("The stage did not start."),
        "refused": _("The stage refuses this site. Stop it and start it again."),
        "offline": _("The site does not answer. Trying again in {n} s."),
        "connecting": _("Connecting."),
        "stalled": _("No picture for {n} s. Check the camera and its cable."),
        "rolling": _("Recording"),
        "ready": _("Ready"),
        "cut": _("Cut. {take} is saved."),
        "tracked": _("tracked"),
        "held": _("held still"),
        "none": _("no tracking"),
        "held_long": _("Tracker silent for {n} s. The background is holding still."),
        "none_long": _("No tracking. Check that the tracker sends to this computer."),
        "ltc_none": _("No LTC is heard. The timecode is counted. Check the sound input."),
        "ltc_free": _("LTC has stopped. The timecode runs on by itself."),
        "signin": _("Sign in with a role that may do this."),
        "unknown": _("That is no command of the stage."),
        "cm": _("{n} cm"),
        "slide": _("Feet slide {cm} cm at {mark}, {n} m away."),
        "slide_delay": _("Measure the delay again, or move more slowly."),
        "slide_lens": _("Calibrate the lens again, with the board in every corner."),
        "slide_focal": _("Stay above {n} mm, or {tag}."),
        "slide_near": _("Bring the mark within {n} m, or {tag}."),
        "tag_left": _("add a tag on the left"),
        "tag_right": _("add a tag on the right"),
        "tag_top": _("add a tag higher up"),
        "tag_bottom": _("add a tag on the floor"),
        "tag_focal": _("add tags near the mark"),
        "tag_near": _("give the tracker more to see"),
        "ms": _("{n} ms"),
        "seconds": _("{n} s"),
        "minutes": _("{n} min"),
        "hours": _("{n} h"),
        "circled": _("{take} is circled."),
        "uncircled": _("{take} is no longer circled."),
        "noted": _("Noted on {take}."),
        "no_take": _("There is no take yet in this session."),
    }


def view_names() -> list[tuple[str, str]]:
    """What the monitor can show, by the engine's name for it."""
    return [
        ("composite", _("Composite")),
        ("plate", _("Plate")),
        ("matte", _("Matte")),
        ("background", _("Background")),
    ]
