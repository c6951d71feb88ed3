// Text into the clipboard.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // no clipboard without https: select and copy as of old
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
}
