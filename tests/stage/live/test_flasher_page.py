from __future__ import annotations

from openset.stage.live.flasher_page import flasher_page


def test_the_page_holds_two_patches_a_name_each_and_no_word_of_its_own() -> None:
    page = flasher_page(
        language="fr",
        title="Retard",
        waiting="Visez l'écran <b>",
        over="Fini",
        patches=("Gauche", "Écho"),
    ).decode()
    assert page.startswith('<!doctype html><html lang="fr">')
    assert page.count("<canvas") == 2
    assert 'aria-label="Gauche"' in page
    assert 'aria-label="Écho"' in page
    assert "Visez l&#x27;écran &lt;b&gt;" in page


def test_the_page_asks_nothing_of_any_other_machine() -> None:
    page = flasher_page(language="en", title="t", waiting="w", over="o", patches=("a", "b")).decode()
    assert "http://" not in page
    assert "https://" not in page
