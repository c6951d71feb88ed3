// Copies the address of what is on screen, as others can open it; the other button asks for it as a QR code.
const HERE = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function addressFor(elsewhere) {
  const address = new URL(location.href);
  return elsewhere && HERE.test(address.hostname) ? elsewhere + address.pathname + address.search + address.hash : address.href;
}

export default function ({ parentElement, data, setTriggerValue }) {
  const [button, share] = parentElement.querySelectorAll('button');
  for (const each of [button, share]) each.style.visibility = 'visible';
  button.textContent = button.dataset.done || data.label;
  share.title = data.share;
  share.setAttribute('aria-label', data.share);
  button.onclick = async () => {
    const address = addressFor(data.elsewhere), here = HERE.test(new URL(address).hostname);
    await copyText(address);
    button.textContent = button.dataset.done = here ? data.done_here : data.done;
    setTimeout(() => { delete button.dataset.done; button.textContent = data.label; }, here ? 6000 : 4000);
  };
  share.onclick = () => setTriggerValue('share', addressFor(data.elsewhere));
}
