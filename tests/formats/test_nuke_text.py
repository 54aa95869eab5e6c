"""The words and nodes of Nuke scripts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.nuke_text import NukeError, listed, nodes, words

SCRIPT = r"""#! nuke
version 13.2 v1
Root {
 inputs 0
 name "C:/a b/\"x\".nk"
 format "1920 1080 0 0 1920 1080 1 HD"
}
Axis3 {
 inputs 0
 translate {1 2 3}
 name Crane
}
set N1 [stack 0]
push 0
push $N1
Camera3 {
 addUserKnob {20 User}
 rotate {{curve x1 1 x2 2} 0 {curve i x1 3}}
 name Cam
}
ScanlineRender {
 inputs 2
 name Out
}
"""


def test_words_are_bare_quoted_or_in_braces() -> None:
    (one, first), (two, second) = words('a "b \\"c\\" d" {e {f} g}\nset N [stack 0]; ')
    assert (one, first) == (1, ["a", 'b "c" d', "e {f} g"])
    assert (two, second) == (2, ["set", "N", "[stack 0]"])


def test_nodes_stand_on_what_lies_on_the_stack() -> None:
    root, axis, camera, out = nodes(SCRIPT)
    assert (root.kind, root.knobs["name"]) == ("Root", 'C:/a b/"x".nk')
    assert (camera.kind, camera.name, camera.line) == ("Camera3", "Cam", 16)
    assert camera.parent == 1
    assert axis.parent is None
    assert out.parent == 2  # the camera was put down last
    assert listed(camera.knobs["rotate"]) == ["curve x1 1 x2 2", "0", "curve i x1 3"]
    assert "addUserKnob" not in camera.knobs


def test_what_lies_in_a_group_is_no_input_of_what_follows() -> None:
    inner = "Group {\n inputs 0\n}\nAxis3 {\n inputs 0\n}\nend_group\n"
    kinds = nodes(f"Axis3 {{\n inputs 0\n}}\n{inner}Camera3 {{\n inputs 2\n}}\nend_group\n")
    assert [node.kind for node in kinds] == ["Axis3", "Group", "Axis3", "Camera3"]
    assert kinds[3].parent == 1  # the group, not the axis in it


@pytest.mark.parametrize(
    ("text", "line"), [("Camera {", 1), ('a\nb "c', 2), ("Camera {\n a {{{}}\n", 1), ("x {\\}", 1)]
)
def test_what_is_never_closed_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(NukeError) as caught:
        nodes(text)
    assert caught.value.at == f"line {line}"


def test_a_thousand_braces_deep_is_only_text() -> None:
    deep = "Camera {\n a " + "{" * 100_000 + "}" * 100_000 + "\n}"
    assert nodes(deep)[0].knobs["a"].startswith("{{{")


def test_absurd_inputs_do_not_count() -> None:
    text = "Merge {\n inputs 99999999999999999999\n}\nGrade {\n inputs ²\n}\n"
    assert [node.kind for node in nodes(text)] == ["Merge", "Grade"]


@given(st.text(alphabet='{}"\\[]$;\n #aC01 x', max_size=200))
@settings(max_examples=400, deadline=None)
def test_any_text_raises_nothing_but_a_format_error(text: str) -> None:
    try:
        for node in nodes(text):
            for value in node.knobs.values():
                listed(value)
    except FormatError:
        pass
