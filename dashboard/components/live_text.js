// A piece of the page that the server writes anew while a run trains; it is escaped there.
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.live_text'), place = root.querySelector('.place');
  root.slot = data.slot;
  root.initial = data.initial;
  root.earlier = data.earlier;
  follow(root, data, () => {
    const stream = root.stream, moment = stream?.moment;
    const html = (root.slot === 'headline' && moment?.headline) || stream?.values[root.slot] || root.initial;
    if (html !== root.html) place.innerHTML = root.html = html;
    // What is not kept step by step says so while an earlier step is shown.
    root.querySelector('.earlier').textContent = html && moment && root.earlier ? root.earlier : '';
  });
  return () => unfollow(root);
}
