// Pictures to choose from, alone or in groups. What is chosen is state; Python acts on it.
const element = (name, className) => Object.assign(document.createElement(name), { className });

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root'), S = root.choice ??= { chosen: new Set(), drawn: '' };
  const wanted = JSON.stringify(data.groups);
  if (S.drawn === wanted) return;           // the same pictures: what has the focus keeps it
  S.drawn = wanted;
  const here = new Set(data.groups.flat().map(card => card.id));
  for (const id of S.chosen) if (!here.has(id)) S.chosen.delete(id);
  const tell = () => setStateValue('chosen', [...S.chosen]);
  root.className = data.groups.every(group => group.length === 1) ? 'root single' : 'root';
  root.replaceChildren(...data.groups.map(group => {
    const box = element('div', 'group');
    box.append(...group.map(card => tile(S, card, tell)));
    return box;
  }));
}

function tile(S, card, tell) {
  const box = element('div', 'card'), press = element('button'), image = element('img');
  const label = element('span', 'label'), note = element('span', 'note');
  press.type = 'button';
  press.title = card.file;
  press.setAttribute('aria-pressed', S.chosen.has(card.id));
  Object.assign(image, { src: card.src, alt: '', loading: 'lazy', decoding: 'async' });
  label.textContent = card.label;
  note.textContent = card.note;
  press.append(image, label, note);
  press.onclick = () => {
    if (!S.chosen.delete(card.id)) S.chosen.add(card.id);
    for (const twin of box.getRootNode().querySelectorAll('button')) {
      if (twin.dataset.id === card.id) twin.setAttribute('aria-pressed', S.chosen.has(card.id));
    }
    tell();
  };
  press.dataset.id = card.id;
  press.onkeydown = event => event.stopPropagation();   // or Streamlit takes letters as shortcuts
  box.append(press);
  if (card.sound) box.append(player(card.sound));
  return box;
}

function player(src) {
  const audio = Object.assign(element('audio'), { controls: true, preload: 'none', src });
  audio.onkeydown = event => event.stopPropagation();
  return audio;
}
