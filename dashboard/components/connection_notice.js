// Streamlit says on its root element how the page's WebSocket is. This component is the last thing that a script run draws: while it
// stands, the page is whole. dashboard/middleware/served_page.py loads a page anew that is not whole after a lost connection.
const LOST = 10000;  // milliseconds
const standing = globalThis.stillroomPageEnd ||= new Set();

export default function ({ parentElement, data }) {
  const notice = parentElement.querySelector('.connection_notice');
  const app = document.querySelector('[data-testid="stApp"]');
  standing.add(notice);
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
    standing.delete(notice);
    notice.observer.disconnect();
    clearTimeout(notice.timer);
  };
}
