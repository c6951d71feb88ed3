"""What never leaves the page: each network's errors, and its agreement with the first network."""

from __future__ import annotations

from html import escape

from dashboard.components.network_label import network_html
from dashboard.data.compared_networks import ComparedNetworks, explained, spoken
from dashboard.data.network_metrics import agreements, errors
from dashboard.text.numbers import grouped, percent, signed
from dashboard.text.roles import TWIN
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, unbroken


def overview_html(compared: ComparedNetworks, *, unbiased: bool = False) -> str:
    """Each network's errors on the split and its agreement with the first network, as HTML.

    unbiased: whether it has to be said that these are the networks' answers without the bias that the page shows.
    """
    twin = next((k for k, one in enumerate(compared.shown) if one.role == TWIN.name), None)
    wrong, agree, n = errors(compared), agreements(compared), compared.count
    cells = []
    for k, network in enumerate(compared.shown):
        details = [_("{errors} of {images}").format(errors=grouped(wrong[k]), images=grouped(n))]
        if k:
            details.append(
                _("agrees with {first} on {share}").format(
                    first=spoken(compared.shown[0]), share=percent(agree[k], n)
                )
            )
        if twin is not None and k > twin:
            apart = signed(wrong[k] - wrong[twin])
            details.append(_("{n} errors, student − twin").format(n=apart))
        cells.append(
            f'<div class="figure {compared.roles[k].css}">{network_html(compared.roles[k], explained(network))}'
            f'<span class="value">{escape(percent(wrong[k] / n, n))}</span>'
            f'<span class="count">{escape(unbroken(" · ".join(details)))}</span></div>'
        )
    note = escape(_("wrong on {split} images").format(split=split_title(compared.split)))
    bias = _("without a bias; what one changes stands beside its sliders")
    notes = f"<span>{note}</span>" + (f"<span>{escape(bias)}</span>" if unbiased else "")
    return f'<div class="headline compact" role="group" aria-label="{note}">{"".join(cells)}<div class="note">{notes}</div></div>'
