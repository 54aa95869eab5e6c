from __future__ import annotations

from openset.stage.tracking.grammar import CHOICES, FOR_ALL, OPTIONS, PROTOCOLS


def test_every_option_of_a_protocol_is_explained_and_none_is_left_over() -> None:
    used = {name for each in PROTOCOLS.values() for name in each.options}
    assert used | set(FOR_ALL) == set(OPTIONS)
    assert set(CHOICES) <= used


def test_an_explanation_shows_how_the_option_is_written() -> None:
    assert all(f"{name}=" in words for name, words in OPTIONS.items())


def test_no_two_protocols_share_a_usual_port() -> None:
    ports = [each.port for each in PROTOCOLS.values() if each.port]
    assert len(set(ports)) == len(ports)
    assert all(each.ways for each in PROTOCOLS.values())
