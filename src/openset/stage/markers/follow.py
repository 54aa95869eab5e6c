"""A rig followed from picture to picture: each pose its own, none made smoother, every doubt named.

A pose stands for its own picture alone (vision: any low-pass costs more in lag than it takes from the
noise). What went before serves to begin the search, to take out a rolling shutter, and to notice what
cannot be: a jump on one tag's word is held back for one picture, a tag that stays wrong is given up.
How far a camera sees edges outside of where they are is its own, not the picture's: it is learned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import F64, IDENTITY, Pose, angle_between_rad
from openset.stage.lens.model import Lens
from openset.stage.markers.detect import twice_seen
from openset.stage.markers.edge import EDGE_SD_PX, learned
from openset.stage.markers.equations import SeenCorners, equations, seen_corners
from openset.stage.markers.expected import expected_boxes
from openset.stage.markers.model import CameraView, PoseEstimate, SeenTag, TagMap
from openset.stage.markers.moved import MovedTags
from openset.stage.markers.pieces import Box
from openset.stage.markers.pose import GATE_PX, Solution
from openset.stage.markers.shutter import (
    HISTORY,
    LONGEST_GAP_S,
    Moment,
    moved_on,
    solve_moving,
    velocity,
)

FORGET_S = 0.5
"""A pose older than this is no place to begin."""
FEW_TAGS = 3
"""Fewer are not believed when they say that the camera jumped."""
MOST_CHANGE = (30.0, 120.0)
"""What no hand does: metres and radians a second squared."""
SPREADS = 5.0
CLOCK_JUMP_S = 1.0
POOR_PX = 1.0
MANY = 4
"""So many tags do not move by themselves: the lens was turned, or the map is another."""


@dataclass(frozen=True, eq=False)
class RigCamera:
    """One camera of the rig: its lens, where it sits on the body, its sensor's read-out."""

    lens: Lens
    body_from_camera: Pose = IDENTITY
    readout_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Followed:
    """What came of one moment. `state` is "tracked", or why there is no pose: "no tags", "ambiguous",
    "no fit", "held". `notes` are what a person should know, each a line."""

    time_ns: int
    estimate: PoseEstimate | None
    state: str
    notes: tuple[str, ...] = ()
    seen: int = 0
    moved: Mapping[int, float] = field(default_factory=dict)
    """Tags given up, and by how many metres each is off, about."""


class Follower:
    """Follows a rig through a map of tags. Give each moment's tags to `step`, in order."""

    def __init__(
        self, cameras: Sequence[RigCamera], tags: TagMap, *, corner_sd_px: float = 0.1
    ) -> None:
        self.cameras = tuple(cameras)
        self.tags = tags
        self._corner_sd_px = corner_sd_px
        self._corners = {number: tag.corners_m for number, tag in tags.tags.items()}
        self._before: list[Moment] = []
        self._held: Moment | None = None
        self._last_ns: int | None = None
        self._moved = MovedTags()
        self._edges = [(0.0, EDGE_SD_PX)] * len(self.cameras)

    def views(self, pictures: Sequence[Sequence[SeenTag]]) -> list[CameraView]:
        """What each camera saw, as the solver takes it."""
        return [
            CameraView(camera.lens, tuple(seen), camera.body_from_camera, camera.readout_s, *edge)
            for camera, seen, edge in zip(self.cameras, pictures, self._edges, strict=True)
        ]

    def step(
        self,
        pictures: Sequence[Sequence[SeenTag]],
        time_ns: int,
        late_s: Sequence[float] = (),
    ) -> Followed:
        """The tags of each camera's picture taken at a time; `late_s` by how much later each was."""
        notes = self._mind_clock(time_ns)
        for number in sorted({tag for seen in pictures for tag in twice_seen(seen)}):
            notes.append(f"two tags with id {number} are in the picture: take one down")
        views, gone = self.views(pictures), self._moved.off_m
        known = {n: corners for n, corners in self._corners.items() if n not in gone}
        seen = seen_corners(views, known, late_s)
        count = sum(len(view) for view in pictures)
        start = self._start(time_ns)
        solution = solve_moving(seen, self._before, time_ns, start, corner_sd_px=self._corner_sd_px)
        estimate = solution.estimate
        if estimate is None:
            notes += self._why(solution.trouble, count)
            self._held = None
            return Followed(time_ns, None, solution.trouble, tuple(notes), count, self.moved)
        given_up = seen_corners(views, {n: self._corners[n] for n in gone}, late_s) if gone else ()
        notes += self._mind_map(solution, estimate, _off_px(given_up, estimate))
        moment = Moment(time_ns, estimate.stage_from_body, estimate.twist)
        jumped = self._jump(moment, estimate)
        if jumped and not self._confirms(moment):
            self._held = moment
            notes.append(f"{jumped} on the word of {_tags(estimate.used)}: held back for one picture")
            return Followed(time_ns, None, "held", tuple(notes), count, self.moved)
        if jumped:
            notes.append(f"{jumped}; the next picture says so too")
            self._before.clear()
        self._held = None
        self._before = [*self._before[1 - HISTORY :], moment]
        for camera, told in estimate.edges_px.items():
            self._edges[camera] = learned(self._edges[camera], told)
        return Followed(time_ns, estimate, "tracked", tuple(notes), count, self.moved)

    @property
    def moved(self) -> dict[int, float]:
        """The tags that were given up, and by how many metres each is off, about."""
        return dict(self._moved.off_m)

    def expected(self, camera: int, time_ns: int, given_up: Collection[int] = ()) -> dict[int, Box]:
        """Where in a camera's picture of a time mapped tags must be, by the last poses: each id with
        its piece of the picture. Nothing where the last pose is too old to tell."""
        if not self._before:
            return {}
        last = self._before[-1]
        gap_s = (time_ns - last.time_ns) / 1e9
        if abs(gap_s) > LONGEST_GAP_S:
            return {}
        one = self.cameras[camera]
        pose = moved_on(self._before, gap_s).after(one.body_from_camera)
        return expected_boxes(self._corners, one.lens, pose, {*given_up, *self._moved.off_m})

    def _mind_clock(self, time_ns: int) -> list[str]:
        """Forget how fast the body was where the pictures' clock jumped, and say so."""
        last, self._last_ns = self._last_ns, time_ns
        if last is None:
            return []
        gap_s = (time_ns - last) / 1e9
        if 0.0 < gap_s <= CLOCK_JUMP_S:
            return []
        self._before.clear()
        self._held = None
        if gap_s == 0.0:
            return ["two pictures have one time: the picture's clock stands still"]
        if gap_s < 0.0:
            return [f"the picture's clock went back {-gap_s:.3f} s: check its source"]
        return [f"no picture for {gap_s:.1f} s: the source stopped, or its clock jumped"]

    def _start(self, time_ns: int) -> Pose | None:
        if not self._before or (time_ns - self._before[-1].time_ns) / 1e9 > FORGET_S:
            return None
        return self._before[-1].pose

    def _why(self, trouble: str, count: int) -> list[str]:
        if trouble == "ambiguous":
            return ["one flat view, two possible poses: let the camera see another tag"]
        if trouble == "no fit":
            return ["the tags do not fit the map through this lens: check --lens and --tags"]
        if count:
            return ["no tag of the map is in the picture, only others"]
        return ["no tag is in the picture"]

    def _mind_map(
        self, solution: Solution, estimate: PoseEstimate, given_up_px: Mapping[int, float]
    ) -> list[str]:
        """What the residuals say of the map and of how sure the pose is."""
        back = self._moved.look_again(given_up_px, estimate.used, GATE_PX)
        focal_px = self.cameras[0].lens.fx_px
        new = self._moved.note(
            solution.dropped,
            solution.off_px,
            estimate.used,
            self._corners,
            estimate.stage_from_body,
            focal_px,
        )
        off = self._moved.off_m
        notes = [f"tag {n} hangs where it was mapped: it counts again" for n in sorted(back)]
        notes += [f"tag {n} has moved {_length(off[n])}: map it again" for n in sorted(new)]
        if len(off) >= MANY:
            notes.append(f"{len(off)} tags are off the map: was zoom or focus turned? Check --lens")
        if estimate.used == 1:
            notes.append("only one tag in the picture: the pose is rough")
        if estimate.residual_px > POOR_PX:
            notes.append(
                f"corners lie {estimate.residual_px:.1f} px from where the map and the lens put them: "
                "is it the right lens, zoom and focus? --lens, --focal-mm"
            )
        return notes

    def _jump(self, moment: Moment, estimate: PoseEstimate) -> str:
        """How far the body moved beyond what a hand does, in words; "" where it did not, or where many
        tags say so."""
        if not self._before or estimate.used >= FEW_TAGS:
            return ""
        return _beyond(self._before, moment, estimate.covariance)

    def _confirms(self, moment: Moment) -> bool:
        """Whether the pose that was held back stands near this one."""
        if self._held is None:
            return False
        return not _beyond([self._held], moment, np.zeros((6, 6)))


def _off_px(seen: Sequence[SeenCorners], estimate: PoseEstimate) -> dict[int, float]:
    """How far tags lie from where a pose puts them (rms of their corners), each in its worst view."""
    matrix = estimate.stage_from_body.matrix
    twist = np.zeros(6) if estimate.twist is None else estimate.twist
    out: dict[int, float] = {}
    motion = np.concatenate([twist, np.zeros(6)])
    for one in seen:
        edge_px, _ = estimate.edges_px.get(one.view, (one.edge_px, one.edge_sd_px))
        at = equations([one], matrix[:3, 3], matrix[:3, :3], motion, [edge_px])
        if at is None:
            continue
        off = np.sqrt((at.residuals.reshape(-1, 8) ** 2).mean(axis=1) * 2)
        for number, each in zip(one.ids[::4].tolist(), off.tolist(), strict=True):
            out[number] = max(out.get(number, 0.0), each)
    return out


def _beyond(before: Sequence[Moment], moment: Moment, covariance: F64) -> str:
    """What is left of the way from where the body would be, past what a hand and the noise allow."""
    last = before[-1]
    gap_s = (moment.time_ns - last.time_ns) / 1e9
    expected = np.array(last.pose.position_m)
    fast = np.array([1.5, 3.0])
    if len(before) > 1 and 0 < (last.time_ns - before[-2].time_ns) / 1e9 <= LONGEST_GAP_S:
        twist = velocity(before[-2], last)
        expected = expected + twist[:3] * gap_s
        fast = np.array([0.0, float(np.linalg.norm(twist[3:]))])
    spread = np.sqrt(np.diag(covariance)).reshape(2, 3).max(axis=1)
    allowed = fast * gap_s + 0.5 * np.array(MOST_CHANGE) * gap_s**2 + SPREADS * spread
    apart_m = float(np.linalg.norm(np.array(moment.pose.position_m) - expected))
    turned = angle_between_rad(last.pose, moment.pose)
    if apart_m > allowed[0]:
        return f"the camera jumped {_length(apart_m)}"
    if turned > allowed[1]:
        return f"the camera jumped {np.degrees(turned):.0f} degrees"
    return ""


def _tags(count: int) -> str:
    return "one tag" if count == 1 else f"{count} tags"


def _length(metres: float) -> str:
    """A length as it is said on a stage."""
    if metres >= 1.0:
        return f"{metres:.1f} m"
    return f"{metres * 100:.0f} cm" if metres >= 0.0095 else f"{metres * 1000:.0f} mm"
