"""What is written on the sheets, in every language they come in.

Typst brings fonts for Latin, Greek and Cyrillic letters; a language written otherwise is refused.
"""

from __future__ import annotations

from openset.primitives.errors import BadInput

_EN = {
    "top": "TOP",
    "board": "Calibration board",
    "tags": "Tags",
    "sheet": "Sheet {n} of {all}",
    "name": "Its name for openset calibrate lens:",
    "full_size": "Print at 100 %, actual size. Never “fit to page”.",
    "bar": "100 mm",
    "measure": "Measure this bar. If it is not 100 mm, print again, or tell Openset: --bar-mm 98",
    "both_bars": (
        "Measure both bars. If they are not 100 mm, print again, or tell Openset: --bar-mm 98"
    ),
    "glue": (
        "Matt paper, glued flat on glass, aluminium or stiff foam board: a bent board gives a "
        "wrong lens."
    ),
    "cut": "Cut at the marks; leave the white. The cross is the middle, for the tape.",
    "how_title": "How to hang the tags",
    "how_these": "{count} tags of {size} mm, AprilTag 36h11, ids {ids}",
    "ceiling": "Ceiling, for a camera that looks up",
    "stage": "Walls and floor, for the film camera",
    "noted": "Write down what you measured:",
    "step_print": (
        "Measure the 100 mm bar on every sheet. The printer must keep the size, and mirror nothing."
    ),
    "step_ceiling": (
        "For a witness camera that looks up, hang them on the ceiling in rows, neighbours apart "
        "by 0.4\N{NO-BREAK SPACE}× the height above the camera: 60 cm for 1.5 m. About nine are "
        "then in view. Go one row beyond where the camera will walk."
    ),
    "step_stage": (
        "For the film camera itself, hang them on walls and floor. Six or more should be in "
        "every shot, some near, some far, never all on one wall."
    ),
    "step_far": (
        "Tags of {size} mm are read from up to {far} m with a wide lens (75° across, 1080p), "
        "from twice as far with one half as wide."
    ),
    "step_glue": (
        "Flat on stiff card, matt, no lamp mirrored in them. Any turn will do: the arrow is for "
        "you. Each id hangs once."
    ),
    "step_tape": (
        "Tape one distance, as long as you can, between the middles of two tags, to the "
        "millimetre. Write down both ids."
    ),
    "step_walk": (
        "Walk the camera past all tags for a minute, from several sides, neighbours together in "
        "the picture. Then run openset calibrate tags with what you wrote down."
    ),
    "step_still": (
        "From now on no tag may move. If one is knocked, openset calibrate tags names it: "
        "measure again."
    ),
}

_FR = {
    "top": "HAUT",
    "board": "Mire de calibration",
    "tags": "Tags",
    "sheet": "Feuille {n} sur {all}",
    "name": "Son nom pour openset calibrate lens :",
    "full_size": "Imprimer à 100 %, taille réelle. Jamais « ajuster à la page ».",
    "bar": "100 mm",
    "measure": (
        "Mesurez cette barre. Si elle ne fait pas 100 mm, réimprimez, ou dites-le : --bar-mm 98"
    ),
    "both_bars": (
        "Mesurez les deux barres. Si elles ne font pas 100 mm, réimprimez, ou dites-le : --bar-mm 98"
    ),
    "glue": (
        "Papier mat, collé à plat sur verre, aluminium ou carton mousse : une mire courbe "
        "fausse l’optique."
    ),
    "cut": "Coupez aux repères ; gardez le blanc. La croix est le milieu, pour le mètre ruban.",
    "how_title": "Comment poser les tags",
    "how_these": "{count} tags de {size} mm, AprilTag 36h11, numéros {ids}",
    "ceiling": "Plafond, pour une caméra qui vise en haut",
    "stage": "Murs et sol, pour la caméra de film",
    "noted": "Notez vos mesures :",
    "step_print": (
        "Mesurez la barre de 100 mm de chaque feuille. L’imprimante doit garder la taille, sans "
        "effet miroir."
    ),
    "step_ceiling": (
        "Pour une caméra témoin qui vise en haut, posez-les au plafond en rangées, à un écart "
        "de 0,4\N{NO-BREAK SPACE}× la hauteur au-dessus de la caméra : 60 cm pour 1,5 m. Neuf "
        "environ sont alors dans l’image. Ajoutez une rangée au-delà du parcours de la caméra."
    ),
    "step_stage": (
        "Pour la caméra de film elle-même, posez-les sur les murs et au sol. Six ou plus dans "
        "chaque plan, certains proches, d’autres loin, jamais tous sur un même mur."
    ),
    "step_far": (
        "Des tags de {size} mm se lisent jusqu’à {far} m avec un grand-angle (75° de large, "
        "1080p), deux fois plus loin avec un champ deux fois plus étroit."
    ),
    "step_glue": (
        "À plat sur un carton rigide, mats, sans reflet de lampe. Tournés comme on veut : la "
        "flèche est pour vous. Chaque numéro une seule fois."
    ),
    "step_tape": (
        "Mesurez au ruban une distance, la plus longue possible, entre les milieux de deux "
        "tags, au millimètre. Notez les deux numéros."
    ),
    "step_walk": (
        "Passez la caméra devant tous les tags pendant une minute, de plusieurs côtés, les "
        "voisins ensemble dans l’image. Puis openset calibrate tags avec ce que vous avez noté."
    ),
    "step_still": (
        "Dès lors aucun tag ne doit bouger. Si l’un est heurté, openset calibrate tags le nomme "
        ": mesurez de nouveau."
    ),
}

_DE = {
    "top": "OBEN",
    "board": "Kalibriertafel",
    "tags": "Tags",
    "sheet": "Blatt {n} von {all}",
    "name": "Ihr Name für openset calibrate lens:",
    "full_size": "Mit 100 % drucken, Originalgröße. Nie „an Seite anpassen“.",
    "bar": "100 mm",
    "measure": "Diesen Balken messen. Sind es nicht 100 mm: neu drucken oder angeben: --bar-mm 98",
    "both_bars": "Beide Balken messen. Sind es nicht 100 mm: neu drucken oder angeben: --bar-mm 98",
    "glue": "Mattes Papier, plan geklebt auf Glas, Aluminium oder steifen Schaumkarton.",
    "cut": ("An den Marken schneiden, das Weiß stehen lassen. Das Kreuz ist die Mitte, fürs Maßband."),
    "how_title": "Wie die Tags hängen",
    "how_these": "{count} Tags von {size} mm, AprilTag 36h11, Nummern {ids}",
    "ceiling": "Decke, für eine Kamera mit Blick nach oben",
    "stage": "Wände und Boden, für die Filmkamera",
    "noted": "Gemessen, zum Notieren:",
    "step_print": (
        "Den 100-mm-Balken auf jedem Blatt messen. Der Drucker muss die Größe halten und darf "
        "nichts spiegeln."
    ),
    "step_ceiling": (
        "Für eine Zeugenkamera, die nach oben schaut: in Reihen an die Decke, Abstand der "
        "Nachbarn 0,4\N{NO-BREAK SPACE}× die Höhe über der Kamera, 60 cm bei 1,5 m. So sind "
        "etwa neun im Bild. Eine Reihe weiter hängen, als die Kamera geht."
    ),
    "step_stage": (
        "Für die Filmkamera selbst: an Wände und Boden. Sechs oder mehr in jeder Einstellung, "
        "einige nah, einige fern, nie alle an einer Wand."
    ),
    "step_far": (
        "Tags von {size} mm werden mit Weitwinkel (75° breit, 1080p) aus bis zu {far} m "
        "gelesen, mit halb so breitem Bild aus doppelter Entfernung."
    ),
    "step_glue": (
        "Plan auf steifer Pappe, matt, ohne Spiegelung von Lampen. Jede Drehung ist recht: der "
        "Pfeil ist für Menschen. Jede Nummer hängt einmal."
    ),
    "step_tape": (
        "Eine Strecke mit dem Maßband messen, so lang wie möglich, von Mitte zu Mitte zweier "
        "Tags, auf den Millimeter. Beide Nummern notieren."
    ),
    "step_walk": (
        "Eine Minute mit der Kamera an allen Tags vorbeigehen, von mehreren Seiten, Nachbarn "
        "zusammen im Bild. Dann openset calibrate tags mit dem Notierten aufrufen."
    ),
    "step_still": (
        "Ab jetzt darf sich kein Tag bewegen. Wird einer gestoßen, nennt ihn openset calibrate "
        "tags: neu messen."
    ),
}

_ES = {
    "top": "ARRIBA",
    "board": "Tablero de calibración",
    "tags": "Tags",
    "sheet": "Hoja {n} de {all}",
    "name": "Su nombre para openset calibrate lens:",
    "full_size": "Imprimir al 100 %, tamaño real. Nunca «ajustar a la página».",
    "bar": "100 mm",
    "measure": "Mida esta barra. Si no tiene 100 mm, imprima otra vez o dígalo: --bar-mm 98",
    "both_bars": "Mida las dos barras. Si no tienen 100 mm, imprima otra vez o dígalo: --bar-mm 98",
    "glue": (
        "Papel mate, pegado plano sobre vidrio, aluminio o cartón pluma: un tablero curvo "
        "falsea la lente."
    ),
    "cut": "Corte por las marcas y deje el blanco. La cruz es el centro, para la cinta métrica.",
    "how_title": "Cómo colocar los tags",
    "how_these": "{count} tags de {size} mm, AprilTag 36h11, números {ids}",
    "ceiling": "Techo, para una cámara que mira arriba",
    "stage": "Paredes y suelo, para la cámara de cine",
    "noted": "Anote lo medido:",
    "step_print": (
        "Mida la barra de 100 mm de cada hoja. La impresora debe conservar el tamaño y no "
        "invertir nada."
    ),
    "step_ceiling": (
        "Para una cámara testigo que mira arriba, colóquelos en el techo en filas, separados "
        "0,4\N{NO-BREAK SPACE}× la altura sobre la cámara: 60 cm para 1,5 m. Así hay unos "
        "nueve a la vista. Siga una fila más allá de donde andará la cámara."
    ),
    "step_stage": (
        "Para la propia cámara de cine, en paredes y suelo. Seis o más en cada plano, unos "
        "cerca, otros lejos, nunca todos en una pared."
    ),
    "step_far": (
        "Los tags de {size} mm se leen hasta a {far} m con un angular (75° de ancho, 1080p), al "
        "doble con un campo la mitad de ancho."
    ),
    "step_glue": (
        "Planos sobre cartón rígido, mates, sin reflejos de focos. Con cualquier giro: la "
        "flecha es para usted. Cada número una sola vez."
    ),
    "step_tape": (
        "Mida con cinta una distancia, la más larga posible, entre los centros de dos tags, al "
        "milímetro. Anote los dos números."
    ),
    "step_walk": (
        "Pase la cámara ante todos los tags durante un minuto, desde varios lados, los vecinos "
        "juntos en la imagen. Después, openset calibrate tags con lo anotado."
    ),
    "step_still": (
        "Desde ahora ningún tag debe moverse. Si uno se golpea, openset calibrate tags lo "
        "nombra: mida otra vez."
    ),
}

LANGUAGES = {"en": _EN, "fr": _FR, "de": _DE, "es": _ES}


def language_code(text: str) -> str:
    """The language's own code: `fr` for `fr-CA` too. Raises BadInput for one that is not
    there."""
    code = text.strip().lower().replace("_", "-").split("-")[0]
    if code not in LANGUAGES:
        raise BadInput(
            f"no sheets in {text[:20]!r}",
            where="--language",
            todo=f"Choose one of {', '.join(LANGUAGES)}",
        )
    return code


def words_in(language: str) -> dict[str, str]:
    """Everything written on a sheet, by what it is for. Raises BadInput as `language_code` does."""
    return LANGUAGES[language_code(language)]


def decimal(value: float, words: dict[str, str]) -> str:
    """A number as that language writes it."""
    return f"{value:g}" if words is _EN else f"{value:g}".replace(".", ",")
