// Pictures with captions; a click shows one large, Escape or another click puts it back.
const element = (name, className) => Object.assign(document.createElement(name), { className: className ?? '' });

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.root'), wanted = JSON.stringify(data);
  if (root.drawn === wanted) return;        // the same pictures: what is open stays open
  root.drawn = wanted;
  root.style.setProperty('--width', `${data.width}px`);
  const dialog = element('dialog');
  dialog.onclick = () => dialog.close();
  dialog.onkeydown = event => event.stopPropagation();   // or Streamlit takes keys as shortcuts
  root.replaceChildren(...data.figures.map(figure => drawn(figure, dialog)), dialog);
}

function drawn(figure, dialog) {
  const box = element('figure'), button = element('button');
  button.type = 'button';
  button.title = 'Show it large';
  button.append(picture(figure));
  button.onkeydown = event => event.stopPropagation();
  button.onclick = () => {
    dialog.replaceChildren(picture(figure), caption(figure));
    dialog.showModal();
  };
  box.append(button, caption(figure));
  return box;
}

function picture(figure) {
  const image = element('img', figure.pixels ? 'pixels' : '');
  return Object.assign(image, { src: figure.src, alt: figure.caption, loading: 'lazy', decoding: 'async' });
}

function caption(figure) {
  const text = element('figcaption'), note = element('small');
  text.textContent = figure.caption;
  note.textContent = figure.note;
  if (figure.note) text.append(note);
  return text;
}
