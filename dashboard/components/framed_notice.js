// Whether the page stands in another page's frame, only the browser knows; whether it has a cookie there, only the server.
export default function ({ parentElement, data }) {
  const notice = parentElement.querySelector('.framed_notice');
  notice.hidden = window.top === window || data.known;
  notice.querySelector('span').textContent = data.sentence;
  const link = notice.querySelector('a');
  link.textContent = data.open;
  link.href = location.href.split('#')[0];  // what stands behind # may be a secret
}
