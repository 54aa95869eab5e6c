"""What can be wrong with OpenTrackIO as it arrives, and how a person puts it right.

Names are those under which `formats/opentrackio_wire.py` and `stage/tracking/opentrackio.py` count.
"""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    "not OpenTrackIO": (
        "These bytes do not begin with OTrk: another protocol is sent to this port; give each "
        "protocol its own port, or check what the sender is set to."
    ),
    "truncated": (
        "The datagram is shorter than its header says: it was cut on the way; set the sender's "
        "largest packet below 1500 bytes and look for a bad cable or switch."
    ),
    "longer than its header says": (
        "There are bytes after the payload: the sender writes a wrong length; update its firmware "
        "or plug-in."
    ),
    "checksum": (
        "The Fletcher-16 checksum does not hold: the bytes were damaged, or the sender sums them in"
        " its own way; update it to OpenTrackIO 1.0.1 (modulo 256, over bytes 0 to 13 and the "
        "payload)."
    ),
    "unknown encoding": "The payload is neither JSON (1) nor CBOR (2): set the sender to JSON.",
    "bad JSON": (
        "The payload says it is JSON and is not, or holds NaN or infinity: update the sender."
    ),
    "bad CBOR": (
        "The payload says it is CBOR and is not, or holds what a sample cannot (tags, bytes, NaN): "
        "set the sender to JSON, or update it."
    ),
    "not a sample": (
        "The payload is not a group of fields: what arrives is not an OpenTrackIO sample."
    ),
    "too large": ("A sample of more than 64 kB or 128 pieces: the sender's segment offsets are wrong."),
    "empty segment": "A piece of a sample with nothing in it: the sender cuts its samples wrongly.",
    "segment lost": (
        "A sample was never completed: the network loses packets; use a cable instead of Wi-Fi, or "
        "send samples small enough for one packet (static block only every two seconds)."
    ),
    "duplicate segment": (
        "The same piece came twice: two network paths lead here, or two interfaces have joined the "
        "group; name one interface after @."
    ),
    "segments overlap": (
        "The pieces of a sample do not fit together: two senders use one address, or the sender "
        "cuts its samples wrongly."
    ),
    "checksum of version 1.0.0": (
        "The sender speaks OpenTrackIO 1.0.0, whose checksum is modulo 255: it is received; update "
        "it to 1.0.1, and its group from 235.135.1.x to 239.135.1.x."
    ),
    "not as the standard says": (
        "A field is of the wrong kind, out of its range or unknown to OpenTrackIO 1.0.1: it is "
        "passed over and the rest is used; tell the maker which field it is."
    ),
    "no usable pose": (
        "The sample has no transform, or one that is no number: set the tracker to send its pose, "
        "and wait until it has found itself."
    ),
    "lens report is not of this world": (
        "A focal length, sensor or distortion that no lens can have: it is not used; check the lens"
        " file and its units in the tracker (millimetres, metres for focus and pupil)."
    ),
    "two machines send as one source": (
        "Samples of one source id come from two addresses: give each machine an id of its own, or "
        "send over one network only."
    ),
    "an older version": (
        "The sender says that it speaks an OpenTrackIO before 1.0.1: it is received; update it when"
        " you can."
    ),
    "another protocol name": (
        "The sample names another protocol than OpenTrackIO: it is received; tell the maker."
    ),
}
