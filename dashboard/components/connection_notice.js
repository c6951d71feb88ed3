// Streamlit says on its root element how the page's WebSocket is.
const LOST = 10000;  // milliseconds

export default function ({ parentElement, data }) {
  const notice = parentElement.querySelector('.connection_notice');
  const app = document.querySelector('[data-testid="stApp"]');
  notice.textContent = data.lost;
  const look = () => {
    if (app.dataset.testConnectionState === 'CONNECTED') {
      clearTimeout(notice.timer);
      notice.timer = null;
      notice.hidden = true;
    } else notice.timer ||= setTimeout(() => { notice.hidden = false; }, LOST);
  };
  notice.observer ||= new MutationObserver(look);
  notice.observer.observe(app, { attributes: true, attributeFilter: ['data-test-connection-state'] });
  look();
  return () => {
    notice.observer.disconnect();
    clearTimeout(notice.timer);
  };
}
