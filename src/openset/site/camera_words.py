"""The sentences the camera page's scripts may say, in the reader's language.

A name with a dash after its first letters stands for a code: `t-` is what is wrong with a picture of
the board, `n-` what to shoot next, `w-` what is wrong with a whole set, `f-` what a map of tags says,
`u-` what a screen does not tell, `r-` a refusal (bench_refusals.py); `p-` are the words of the patches'
own page.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from openset.site.bench_refusals import refusals
from openset.site.words import monitor_words


def camera_words() -> dict[str, str]:
    """Sentences by name; {n}, {m} and {tags} stand for numbers."""
    return {**_shell(), **_lens(), **_tags(), **_delay(), **_screen(), **_check(), **refusals()}


def _shell() -> dict[str, str]:
    return {
        "absent": _("The camera is not open."),
        "starting": _("The camera is being opened."),
        "failed": _("The camera could not be opened."),
        "refused": _("Another site holds the camera. Stop it and start again."),
        "offline": _("The site does not answer. Trying again in {n} s."),
        "connecting": _("Connecting."),
        "silent": _("No picture for {n} s. Check the camera and its cable."),
        "signin": _("Sign in with a role that may do this."),
        "unknown": _("That is no command of the stage."),
        "busy": _("Working it out."),
        "used": _("In use from now on."),
    }


def _lens() -> dict[str, str]:
    return {
        "t-no-board": _("No board is seen. Show the whole board, sharp and evenly lit."),
        "t-half-covered": _("The board is half covered. Keep hands off the squares."),
        "t-too-small": _("The board is too far away. Come nearer until it fills a third of the frame."),
        "t-too-fine": _(
            "The board is too small or too slanted in the picture. Come nearer, or tilt it less."
        ),
        "t-underexposed": _("The board is too dark. Open the iris or light the board."),
        "t-overexposed": _("The white floods the black squares. Close the iris."),
        "t-blurred": _("The board is blurred. Hold it still, focus on it, or use a shorter shutter."),
        "t-mirrored": _("The board is mirrored. Turn off the camera's mirror picture, or print again."),
        "t-wrong-board": _("This is another board than the one set under Print."),
        "t-moving": _("Hold the board still for a moment."),
        "t-same": _("Kept. Move the board."),
        "t-misfit": _("It does not fit the other views: zoom or focus was changed, or the board bent."),
        "t-bent": _("The board was bent in this view."),
        "n-views": _("Shoot {n} more views, near and far."),
        "n-top-left": _("Hold the board into the top left of the frame."),
        "n-top-right": _("Hold the board into the top right of the frame."),
        "n-bottom-left": _("Hold the board into the bottom left of the frame."),
        "n-bottom-right": _("Hold the board into the bottom right of the frame."),
        "n-tilt-left": _("Tilt the board: its left edge towards the camera."),
        "n-tilt-right": _("Tilt the board: its right edge towards the camera."),
        "n-tilt-upper": _("Tilt the board: its upper edge towards the camera."),
        "n-tilt-lower": _("Tilt the board: its lower edge towards the camera."),
        "n-cells": _("Fill the frame: {n} % of it is covered."),
        "n-enough": _("That is enough. Work out the lens."),
        "n-use": _("The lens is worked out. Use it, or shoot more views and work it out again."),
        "w-board-bent": _("The board is bent. Glue the sheet to glass, a mirror or aluminium."),
        "w-corners": _("Some corners of the frame never saw the board: the lens is guessed there."),
        "w-tilt": _("The board was never tilted: the focal length is weak."),
        "w-soft": _("Most views are soft. Check focus, or add light."),
        "views": _("{n} of {m}"),
        "sharp": _("sharp"),
        "soft": _("soft"),
        "px": _("{n} px"),
        "focal": _("{n} px ± {m}"),
        "focal_mm": _("{n} mm"),
        "degrees": _("{n}°"),
        "drop": _("Leave out {n}"),
        "others": _("{n} views of another board or format lie in the folder and do not count."),
        "cell": _("{n} corners"),
    }


def _tags() -> dict[str, str]:
    return {
        "a-lens": _("Measure the lens first: the map is only as good as the lens."),
        "a-none": _("Point the camera at the tags."),
        "a-one": _("Show two tags or more at once: one alone ties nothing together."),
        "a-mirrored": _(
            "Tags {tags} are seen mirrored. Turn off the camera's flip, or print them again."
        ),
        "a-missing": _("Tags {tags} have not been seen yet. Walk past them."),
        "a-weak": _("Show tags {tags} again, together with others, from two sides."),
        "a-enough": _("That is enough. Type a taped distance and make the map."),
        "a-use": _("The map is made. Use it, or walk on and make it again."),
        "tag": _("tag {n}: {m} pictures"),
        "map_sure": _("{n} tags, each sure to {m} mm."),
        "map_printed": _("Size from the print alone: tape one distance to be sure."),
        "map_bad": _("Not good enough to track on yet."),
        "f-moved": _("Tags {tags} hang elsewhere than before. Did they move?"),
        "f-double": _("Tag {tags} hangs twice. Take one down."),
        "f-tape": _("The taped distances disagree. Measure {tags} again."),
        "f-tape-unused": _("A taped distance was not used: tags {tags} are not all on the map."),
        "f-floor": _("Tags {tags} do not lie flat on the floor."),
        "f-blurred-walk": _("The walk is blurred. Walk more slowly, or use a shorter shutter."),
        "f-few-pictures": _("There are few pictures. Walk on."),
        "f-dropped": _("Many sightings did not fit and were left out."),
        "f-misfit": _("The map does not fit the pictures well. Measure the lens again."),
        "f-lens": _("The walk says that the focal length is another. Measure the lens again."),
        "f-print-size": _("The print has another size than set. Check the bar under Print."),
        "f-size": _("Tags {tags} have another size than the others."),
        "f-contradicted": _("Most pictures contradict tag {tags}. Fix it, and film it from nearer."),
        "f-apart": _("Tags {tags} were never seen together with the others. Film them together."),
        "f-unsure": _("Tags {tags} are less sure. Film them again from two sides."),
    }


def _delay() -> dict[str, str]:
    return {
        "d-track": _("Say where the track comes from, and open the camera again."),
        "d-silent": _("No track is heard. Start the tracker."),
        "d-begin": _("Press Begin, then pan and tilt quickly and unevenly for ten seconds."),
        "d-clip": _("Press Begin: the clip is compared with its track."),
        "d-shake": _("Shake on: {n} s of {m} s."),
        "d-more": _("More: pan and tilt, quickly and unevenly."),
        "d-too-still": _("The camera moved too little. Shake it more and begin again."),
        "d-refused": _("There is no delay to be had from this."),
        "d-use": _("The delay is measured. Use it."),
        "d-ms": _("{n} ms ± {m}"),
        "d-little": _("too little"),
        "d-good": _("enough"),
        "heard": _("heard"),
        "unheard": _("silent"),
    }


def _screen() -> dict[str, str]:
    return {
        "s-clip": _("A screen is measured with a live camera: close this one and open another."),
        "s-open": _("Press Open the patches, and open their page on the screen."),
        "s-wait": _("Open the page at the address on the screen that is to be measured."),
        "s-aim": _("Fill the camera's picture with the screen: the patch is not read yet."),
        "s-begin": _("The camera reads the patch. Keep it still and press Begin."),
        "s-run": _("Keep the camera still: {n} pictures."),
        "s-done": _("The screen is measured."),
        "s-closed": _("closed"),
        "s-waiting": _("waiting"),
        "s-shown": _("shown"),
        "s-read": _("reads them"),
        "s-unread": _("does not read"),
        "s-unknown": _("not known"),
        "s-sights": _("Read in {n} of {m} pictures."),
        "u-processing": _("The echo was not read, so this machine's own time is not known."),
        "u-capture": _(
            "The camera's own delay as typed is longer than the whole way: its tracker does not stamp "
            "the moment it measures."
        ),
        "u-display-and-capture": _(
            "Screen and camera are seen only together. Type the camera's own delay to tell them apart."
        ),
        "p-title": _("Patches"),
        "p-waiting": _("Point the camera at this screen. F: full screen. Space: begin."),
        "p-over": _("Done: this page can be closed."),
        "p-left": _("Patch"),
        "p-right": _("Echo"),
        "p-go": _("Keep the camera still."),
    }


def _check() -> dict[str, str]:
    advice = monitor_words()
    return {
        **{name: text for name, text in advice.items() if name.startswith(("slide_", "tag_"))},
        "e-absent": _("The stage is not running. Start it on the monitor, then look here."),
        "e-none": _("The stage runs. No mark is in front of the camera, or the track says no spread."),
        "e-slide": _("Feet slide {n} cm at {mark}, {m} m away."),
    }
