"""The refusals of the camera's bench as its page says them, in the reader's language.

The bench speaks English, with figures in it. Each sentence here stands under the words a refusal, or
what to do about it, begins with (`name_of`), and the longest such name counts; {n} and {m} are the
first two figures. What has no sentence here the page says in the bench's own words.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

_IN_BRACKETS = re.compile(r"\(.*?\)")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[a-z]+")


def name_of(text: str) -> str:
    """The name a refusal is looked up by: its words without what stands in brackets, figures as n.
    camera.js makes it the same way."""
    plain = _FIGURE.sub("n", _IN_BRACKETS.sub("", text.lower()))
    return "r-" + "-".join(_WORD.findall(plain))


def refusals() -> dict[str, str]:
    """Sentences by the name their English begins with."""
    return {name_of(said): sentence for said, sentence in (*_orders(), *_maps(), *_delays())}


def _orders() -> tuple[tuple[str, str], ...]:
    return (
        ("no track is heard", _("No track is heard. Start the tracker.")),
        ("there is no delay yet", _("There is no delay yet.")),
        ("there is no lens yet", _("There is no lens yet.")),
        ("there is no map yet", _("There is no map yet.")),
        ("there is no such view", _("There is no such view.")),
        ("3 views are too few", _("{n} views are too few.")),
        ("it is being solved", _("It is being worked out.")),
        ("it is being measured", _("It is being worked out.")),
        ("there is too little to work with", _("There is too little to work with yet.")),
        (
            "a screen is measured with a live camera",
            _("A screen is measured with a live camera: close this one and open another."),
        ),
        (
            "the patches are not open on any screen",
            _("Open the page at the address on the screen that is to be measured."),
        ),
        (
            "the camera does not read the patch",
            _("Fill the camera's picture with the screen: the patch is not read yet."),
        ),
        ("it cannot be solved", _("It cannot be worked out from this.")),
        ("shoot it again", _("Shoot it again.")),
        (
            "this lens was measured on pictures of",
            _("The lens was measured on pictures of another shape."),
        ),
        (
            "calibrate with pictures framed as they are shot",
            _("Measure the lens with pictures framed as they are shot."),
        ),
        (
            "the lens in use is a series over its rings",
            _("The lens in use is a zoom, and nothing says where its rings stand."),
        ),
        (
            "write focal_mm",
            _("Write focal_mm, and focus_m where it was measured, under [stage] in production.toml."),
        ),
    )


def _maps() -> tuple[tuple[str, str], ...]:
    return (
        (
            "every tag was seen too small or too slanted",
            _("Every tag was seen too small or too slanted to tell where it hangs."),
        ),
        ("go nearer, or film", _("Go nearer, or film in a higher resolution.")),
        (
            "every tag that was seen hangs more than once",
            _("Every tag that was seen hangs more than once."),
        ),
        ("print each tag once", _("Print each tag once: every sheet has its own number.")),
        ("no tag was found in 3 pictures", _("No tag was found in {n} pictures.")),
        (
            "go nearer, add light",
            _("Go nearer, add light, hold still. A mirrored or half-covered print is never found."),
        ),
        ("no picture shows two tags together", _("No picture shows two tags together.")),
        (
            "step back, or hang tags nearer",
            _("Step back, or hang tags nearer to each other: each picture should show three or more."),
        ),
    )


def _delays() -> tuple[tuple[str, str], ...]:
    agree = _("Picture and track do not agree: is it this camera's track?")
    jumped = _("A clock jumped by {n} s.")
    return (
        ("nothing was seen", _("Nothing was seen.")),
        ("check the picture and the tracker", _("Check the picture and the tracker.")),
        ("record ten seconds or more of both", _("Record ten seconds or more of both.")),
        (
            "the picture moved and the track stood still",
            _("The picture moved and the track stood still."),
        ),
        ("check that the tracker sees its marks", _("Check that the tracker sees its marks.")),
        (
            "the track moved and the picture stood still",
            _("The track moved and the picture stood still."),
        ),
        (
            "check that this is the camera the tracker is on",
            _("Check that this is the camera the tracker is on, and that its picture has detail."),
        ),
        ("the camera hardly moved", _("The camera hardly moved.")),
        ("the track covers only 3 of 4 frames", _("The track covers only {n} of {m} frames.")),
        (
            "let the tracker see its marks all the time",
            _("Let the tracker see its marks all the time, and record once more."),
        ),
        ("picture and track do not agree", agree),
        (
            "check which camera the track is of",
            _("Check which camera the track is of, and how the tracker sits on it."),
        ),
        ("the delay lies outside", _("The delay is longer than what is looked for.")),
        ("search further", _("Check that picture and track were taken at the same time.")),
        ("the move repeats itself", _("The move repeats itself: several delays fit as well.")),
        ("move unevenly", _("Move unevenly.")),
        ("the clocks run apart", _("The clocks of picture and track run apart.")),
        (
            "time the track by its arrival",
            _("Time the track by its arrival or by timecode, or check the clip's frame rate."),
        ),
        (
            "the times of the frames or of the track wander",
            _("The times of the frames or of the track wander by {n} ms."),
        ),
        (
            "record at a constant frame rate",
            _("Record at a constant frame rate, and time the track by its own stamps."),
        ),
        ("too little picture", _("There is too little picture with detail behind the actor.")),
        ("too little track", _("There is too little track: the tracker sent almost nothing.")),
        (
            "track and picture are of different times",
            _("Track and picture are of different times."),
        ),
        ("measure live", _("Measure live, or from a take's own files.")),
        ("the delay is known not at all", _("The delay cannot be told from this.")),
        ("the delay is known only to 3 ms", _("The delay is known only to {n} ms.")),
        (
            "pan and tilt by hand for ten seconds",
            _("Pan and tilt by hand for ten seconds, quickly and unevenly."),
        ),
        (
            "the camera read the patches in 3 pictures",
            _("The camera read the patches in only {n} pictures; {m} are needed."),
        ),
        (
            "fill the frame with the screen",
            _("Fill the frame with the screen, in focus, neither too bright nor too dark."),
        ),
        ("a clock jumped by", jumped),
        ("the tracker's clock jumped by", jumped),
        ("the picture's clock jumped by", jumped),
        (
            "look for lost frames",
            _("Look for lost frames or a tracker that was set again, and record once more."),
        ),
    )
