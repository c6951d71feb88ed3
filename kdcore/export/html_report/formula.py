"""Formulas as MathML, which browsers draw by themselves."""

from __future__ import annotations

from xml.etree import ElementTree

KNOWN_TEX = {
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\|": "‖",
    r"\arg": r"\mathrm{arg}",
    r"\setminus": "∖",
    "aligned": "matrix",
}
"""TeX that the converter to MathML does not know, in TeX that it does."""
LINE_OVER = "\N{HORIZONTAL BAR}"
MATHML = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", MATHML)


def mathml(formula: str) -> str:
    """The formula, given in TeX, as a `<math>` element."""
    from latex2mathml.converter import convert

    for tex, known in KNOWN_TEX.items():
        formula = formula.replace(tex, known)
    root = ElementTree.fromstring(convert(formula))
    for over in root.iter(f"{{{MATHML}}}mover"):
        # A line over an expression does not grow with it in most fonts: the style sheet draws it.
        if over[-1].text == LINE_OVER:
            over.tag = f"{{{MATHML}}}mrow"
            over.set("class", "over")
            over.remove(over[-1])
    return ElementTree.tostring(root, encoding="unicode")
