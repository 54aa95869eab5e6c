"""Linear timecode in sound of several channels: the one that carries it is found and followed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from openset.formats.ltc import LtcError, LtcFrame
from openset.formats.ltc_decode import Decoder
from openset.formats.ltc_follow import Follower, RateFound

MOST_CHANNELS = 16
SILENCE_S = 2.0


class Listener:
    """Sound in, believed frames of one channel out.

    Without `channel` (0 is the first) all are listened to, and the loudest that carries timecode is
    followed until it has been silent for two seconds: a channel beside it may hear it faintly too.
    """

    def __init__(self, sample_rate: int, channels: int, channel: int | None = None) -> None:
        if channel is not None and not 0 <= channel < channels:
            raise LtcError(f"there is no channel {channel + 1}", at=f"{channels} channels")
        chosen = [channel] if channel is not None else range(min(channels, MOST_CHANNELS))
        self._channels = {each: (Decoder(sample_rate), Follower(sample_rate)) for each in chosen}
        self._sample_rate = sample_rate
        self._heard_at = 0
        self.channel: int | None = channel

    @property
    def samples(self) -> int:
        """How many samples a channel have been fed."""
        return next(iter(self._channels.values()))[0].samples

    @property
    def decoder(self) -> Decoder:
        """That of the channel followed, or of the first."""
        return self._followed[0]

    @property
    def follower(self) -> Follower:
        """That of the channel followed, or of the first."""
        return self._followed[1]

    @property
    def rate(self) -> RateFound | None:
        """The rate of what is followed; None before it is known at all."""
        return self.follower.rate

    @property
    def _followed(self) -> tuple[Decoder, Follower]:
        if self.channel is None:
            return next(iter(self._channels.values()))
        return self._channels[self.channel]

    def feed(self, sound: NDArray[Any]) -> list[LtcFrame]:
        """The frames these samples, (channels, n), make believed; LtcError for another shape."""
        if sound.ndim != 2:
            raise LtcError("sound of channels is a table", at="samples")
        rows = {each: sound[each] for each in self._channels if each < len(sound)}
        return self._choose({each: self._channels[each][0].feed(row) for each, row in rows.items()})

    def finish(self) -> list[LtcFrame]:
        """The frames that the end of the sound completes."""
        return self._choose({each: pair[0].finish() for each, pair in self._channels.items()})

    def _choose(self, found: dict[int, list[LtcFrame]]) -> list[LtcFrame]:
        believed = {
            each: [one for frame in frames for one in self._channels[each][1].feed(frame)]
            for each, frames in found.items()
        }
        speaking = [each for each, frames in believed.items() if frames]
        if self.channel in speaking:
            self._heard_at = self.samples
        elif speaking and self._free():
            self.channel = max(speaking, key=lambda each: believed[each][-1].level)
            self._heard_at = self.samples
        return believed.get(self.channel, []) if self.channel is not None else []

    def _free(self) -> bool:
        """True while no channel is followed, or the one that is has fallen silent."""
        silent = self.samples - self._heard_at > SILENCE_S * self._sample_rate
        return self.channel is None or (len(self._channels) > 1 and silent)


def table_of(sound: NDArray[Any], channels: int) -> NDArray[Any]:
    """Samples as decoders give them, packed (1, n x channels) or planar (channels, n), as planar."""
    if sound.ndim == 2 and sound.shape[0] == 1 and channels > 1:
        whole = sound.shape[1] // channels * channels
        return np.ascontiguousarray(sound[0, :whole].reshape(-1, channels).T)
    return sound
