// The clock: play, pause, step and scrub; the numbers and the sentence of the current step.
const WHOLE_MS = 7000;          // a trace of many steps plays in about this long
const STILL = matchMedia('(prefers-reduced-motion: reduce)');

function startClock(S) {
  const K = { node: element('div', 'clock') };
  const buttons = element('div', 'buttons');
  K.play = button('▶', 'Play (space)', () => play(S, !S.playing));
  K.play.className = 'play';
  buttons.append(button('«', 'To the start (Home)', () => go(S, 0)),
    button('−1', 'A step back (left arrow)', () => go(S, S.step - 1)), K.play,
    button('+1', 'A step on (right arrow)', () => go(S, S.step + 1)),
    button('+5', 'Five steps on (Page down)', () => go(S, S.step + 5)));
  K.range = element('input');
  K.range.type = 'range';
  K.range.min = 0;
  K.range.setAttribute('aria-label', 'Step');
  K.range.oninput = () => go(S, +K.range.value);
  K.count = element('span', 'count');
  K.figures = element('div', 'figures');
  K.sentence = element('p', 'sentence');
  K.sentence.setAttribute('role', 'status');
  K.diverged = element('p', 'diverged');
  const row = element('div', 'row');
  row.append(buttons, K.range, K.count);
  K.node.append(row, K.figures, K.sentence, K.diverged);
  return K;
}

function go(S, step, byHand = true) {
  if (byHand) play(S, false);
  S.step = Math.max(0, Math.min(step, S.trace.steps - 1));
  draw(S);
}

function play(S, on) {
  const last = S.trace.steps - 1;
  if (on && STILL.matches) { S.step = last; on = false; }   // no motion: show how it ends
  if (on && S.step >= last) S.step = 0;
  S.playing = on;
  draw(S);
  if (!on) return;
  const each = Math.min(Math.max(WHOLE_MS / (last + 1), 40), 450);
  let due = performance.now() + each;
  const token = S.token = {};
  const tick = now => {
    if (!S.playing || S.token !== token || !S.root.isConnected) return;
    if (now >= due) {
      const jump = Math.min(1 + Math.floor((now - due) / each), 5);
      due = Math.max(due + jump * each, now);
      go(S, S.step + jump, false);
      if (S.step >= S.trace.steps - 1) { S.playing = false; draw(S); return; }
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function onKey(S, event) {
  event.stopPropagation();      // else Streamlit's own keys answer
  const tag = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || event.altKey || tag.matches?.('input, select, td')) return;
  const last = S.trace.steps - 1;
  const actions = { ArrowLeft: () => go(S, S.step - 1), ArrowRight: () => go(S, S.step + 1),
    PageUp: () => go(S, S.step - 5), PageDown: () => go(S, S.step + 5),
    Home: () => go(S, 0), End: () => go(S, last) };
  if (!tag.matches?.('button')) actions[' '] = () => play(S, !S.playing);
  if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
}

function paintClock(S) {
  const K = S.clock, last = S.trace.steps - 1;
  K.node.classList.toggle('timeless', last < 1);
  K.play.textContent = S.playing ? '❚❚' : '▶';
  K.play.setAttribute('aria-label', S.playing ? 'Pause (space)' : 'Play (space)');
  K.range.max = last;
  K.range.value = S.step;
  fillTrack(K.range);
  K.count.textContent = `step ${S.step} of ${last}`;
  K.sentence.setAttribute('aria-live', S.playing ? 'off' : 'polite');
  K.sentence.textContent = S.data.sentences[S.step];
  K.diverged.textContent = S.data.diverged;
  K.diverged.hidden = !S.data.diverged;
  while (K.figures.children.length < S.data.figures.length) {
    const figure = element('div', 'figure');
    figure.append(element('span'), element('b'));
    K.figures.append(figure);
  }
  S.data.figures.forEach((figure, k) => {
    const [label, value] = K.figures.children[k].children;
    label.textContent = figure.label;
    value.textContent = short(S.trace.arrays[figure.values].flat[S.step], figure.digits);
  });
}
