// Drawing the page anew closes its dialog and opens it again, and what is being typed or uploaded in it is lost. So only what the
// reader does draws it while one is open; closing the dialog draws it too.

/** Whether a dialog of the page's own lies over it, none of Streamlit's. */
function dialogIsOpen() {
  return !!document.querySelector('.stDialog [data-testid="stVerticalBlock"]');
}
