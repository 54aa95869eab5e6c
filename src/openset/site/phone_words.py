"""The sentences the phone page's script may say, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def phone_words() -> dict[str, str]:
    """Sentences by name; {n} stands for a number or a place."""
    return {
        "ready": _("Ready"),
        "starting": _("Starting."),
        "failed": _("The solver on the computer did not start."),
        "gone": _("The solver on the computer has ended. Trying again."),
        "offline": _("The computer does not answer. Trying again in {n} s."),
        "refused": _("There are too many phones. Send one away first."),
        "waiting": _("Waiting for the first picture."),
        "no picture": _("No picture from this phone's camera."),
        "no map": _("There is no map of tags. Give openset up a map with --tags."),
        "tracked": _("Tracking"),
        "bridged": _("No tags in view: turning only"),
        "lost": _("No tags in view. Point the camera at the printed tags."),
        "ambiguous": _("One tag alone looks the same from two places. Bring a second into view."),
        "no fit": _("The tags do not hang where the map says. Map them again."),
        "own": _("Sending"),
        "facing": _("Turning only: the phone stands on the mark."),
        "insecure": _("Camera and sensors need HTTPS. Open the guide and follow it once."),
        "no camera": _("No camera was given. Allow it in the browser's settings for this page."),
        "no motion": _("No motion sensors. Tracking works without them, with fewer poses a second."),
        "no xr": _("This browser has no AR."),
        "align": _("Stand on the mark, point the phone straight into the set, and press."),
        "aligned": _("The phone stands on the mark now."),
        "unaligned": _("Nothing to set yet. Move the phone a little and press again."),
        "kept": _("{n} pictures are kept on the computer."),
        "kept no more": _("No more pictures can be kept."),
        "lens file": _("lens from its file"),
        "lens guess": _("lens guessed, ± {n} %"),
        "lens tags": _("lens found from the tags, ± {n} %"),
        "lens misfits": _("The lens file is for another picture shape. The lens is guessed."),
        "to": _("sends to {n}"),
        "trip": _("round trip {n} ms"),
        "ms": _("{n} ms"),
        "mm": _("± {n} mm"),
        "per second": _("{n} / s"),
        "no stage": _("No stage is running."),
        "rolling": _("Recording"),
        "cut": _("Cut."),
        "circled": _("{n} is circled."),
        "no take": _("There is no take yet in this session."),
        "no frame time": _("This browser does not say when a picture was taken: measure the delay."),
    }
