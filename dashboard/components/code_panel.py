"""The PyTorch that the recipe means, below what is watched: it changes with the settings, and what a change changed is marked."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.dialog import draw_page_anew
from dashboard.components.error_boundary import errors_in_place
from dashboard.data.training_code import TrainingCode, changed_lines, training_code
from dashboard.pages import REFERENCE, page_at
from dashboard.session import Key
from dashboard.text.python_words import lines_of_words
from dashboard.text.translation import _, ngettext, plain, told
from dashboard.url.parameters import PAGE_PARAMETERS, Param
from kdcore.experiment import Experiment

HERE = Path(__file__).parent
POLL_SECONDS = 1.0
_component = st.components.v2.component(
    "code_panel",
    html='<div class="code_panel"><p role="status"></p><button type="button" hidden></button><pre tabindex="0"><code></code></pre></div>',
    css=(HERE / "code_panel.css").read_text("utf-8"),
    js="\n".join((HERE / f"{name}.js").read_text("utf-8") for name in ("copy_text", "code_panel")),
)


@st.fragment
def code_panel(experiment: Experiment) -> None:
    """Draw it, closed until the reader opens it; closed it costs nothing. A fragment: opening draws nothing else anew."""
    place = st.container(key="pytorch" if st.session_state.get(Key.CODE) else "pytorch_closed")
    panel = place.expander(_("Show the PyTorch"), key=Key.CODE, icon=":material/code:", on_change="rerun")
    if not panel.open:
        st.session_state.pop(Key.CODE_BEFORE, None)  # who opens it again has seen no change of it
        return
    with panel, errors_in_place():
        code = training_code(experiment)
        if code is None:
            st.fragment(_wait, run_every=POLL_SECONDS)(experiment)
        elif code.refused:
            _refused(code.refused, experiment.method)
        else:
            _listing(code)


def _wait(experiment: Experiment) -> None:
    """Until torch is imported, a few seconds after the server has started."""
    st.caption(_("The networks are being loaded; this takes a few seconds after the start."))
    if training_code(experiment) is not None:
        draw_page_anew()


def _refused(why: str, method: str) -> None:
    st.markdown(
        _("{why} The code that runs is on the card of each method, on the Reference page.").format(
            why=plain(told(why))
        )
    )
    kept = {name: value for name, value in st.query_params.items() if name in PAGE_PARAMETERS}
    st.page_link(
        page_at(REFERENCE),
        label=_("The code of this method"),
        icon=":material/menu_book:",
        query_params=kept | {Param.CARD: method, Param.VIEW: "cards"},
    )


def _listing(code: TrainingCode) -> None:
    marked = _marked(code.text)
    said = ngettext(
        "The last change of a setting changed {n} line, which is marked.",
        "The last change of a setting changed {n} lines, which are marked.",
        len(marked),
    ).format(n=len(marked))
    _component(
        key="code_panel",
        data={
            "lines": lines_of_words(code.text),
            "marked": marked,
            "text": code.text,
            "said": said
            if marked
            else _("Change a setting on the left: the lines that it changes are marked."),
            "label": _("The PyTorch that these settings mean"),
            "changed": _("changed:"),
            "copy": _("Copy"),
            "done": _("Copied"),
        },
    )
    st.caption(
        _(
            "The settings, networks, loss and loop of the script that a finished run exports under “Take it away”, word for word; "
            "there the images, their order and the first weights come with it."
        )
    )


def _marked(text: str) -> tuple[int, ...]:
    """The lines that the last change changed; they stay marked until the next one."""
    before, marked = st.session_state.get(Key.CODE_BEFORE, (text, ()))
    if before != text:
        marked = changed_lines(before, text)
    st.session_state[Key.CODE_BEFORE] = (text, marked)
    return tuple(marked)
