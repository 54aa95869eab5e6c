"""Rights as a table and back; the files that hold one are tested with the exchange of rights."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.rights_table import from_table, table
from openset.formats.xmp import DATA_MINING, Label, Rights

WORDS = st.text(max_size=12)
MANY = st.lists(WORDS, max_size=3).map(tuple)


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        Rights,
        title=WORDS,
        creators=MANY,
        owner=WORDS,
        licence=WORDS,
        consent_refs=MANY,
        labels=st.lists(st.builds(Label, WORDS, WORDS, WORDS), max_size=2).map(tuple),
        data_mining=st.sampled_from(["", *DATA_MINING]),
    ).filter(lambda rights: rights != Rights())
)
def test_rights_come_back_from_a_table(rights: Rights) -> None:
    assert from_table(table(rights)) == (rights, ())


def test_what_is_not_said_is_left_out_and_what_is_unknown_is_told() -> None:
    assert table(Rights(owner="The lane")) == {"owner": "The lane"}
    assert from_table({"owner": "The lane", "mood": 1}) == (Rights(owner="The lane"), ("mood",))
    with pytest.raises(FormatError, match="no rights"):
        table(Rights())


@given(st.dictionaries(st.sampled_from(["title", "creators", "labels", "data_mining"]), st.integers()))
def test_any_other_value_is_a_format_error(found: dict[str, int]) -> None:
    if found:
        with pytest.raises(FormatError, match="rights"):
            from_table(found)
