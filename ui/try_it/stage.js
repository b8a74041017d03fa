// Try it: what is shown is answered by the network in this browser; a camera many times a second.
const ALIKE_EVERY_MS = 700;   // while the camera runs
const SAMPLES_SHOWN = 8;
const RATE_OVER = 12;         // answers
const NONE = 'Unlike all that was learned: the bars say little.';
const GONE = 'This model is not here any more. Reload the page, or choose another run.';

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  root.stage ??= new Stage(root);
  root.stage.update(data, setStateValue);
  return () => root.stage.leave();
}

class Stage {
  constructor(root) {
    const find = name => root.querySelector(name);
    Object.assign(this, { root, find, turn: 0, answers: 0, answered: [], corrections: 0 });
    this.bars = new Bars(find('.bars'));
    this.camera = new Camera(find('video'), why => this.stopLive(why));
    this.correcting = new Correcting(find('.wrong'), {
      shown: () => this.shown,
      freeze: () => this.freeze(),
      goOn: () => this.goOn(),
      changed: () => this.setStateValue('corrections', ++this.corrections),
    });
    this.listen();
  }

  listen() {
    const find = this.find, file = find('input[type=file]'), frame = find('.frame');
    find('.camera').onclick = () => (this.camera.isOpen ? this.stopLive() : this.startLive());
    find('.warmth').onchange = () => { find('.heat').hidden = !find('.warmth').checked; };
    find('.others').onclick = () => this.showSamples(this.firstSample + SAMPLES_SHOWN);
    file.onchange = () => {
      if (file.files[0]) this.showFile(file.files[0]);
      file.value = '';
    };
    find('.choose').onclick = () => file.click();
    frame.ondragover = event => {
      event.preventDefault();
      frame.classList.add('over');
    };
    frame.ondragleave = () => frame.classList.remove('over');
    frame.ondrop = event => {
      event.preventDefault();
      frame.classList.remove('over');
      this.given(event.dataTransfer.files);
    };
    this.root.onkeydown = event => event.stopPropagation();   // or Streamlit takes keys as shortcuts
    this.paste = event => this.given(event.clipboardData.files);
    document.addEventListener('paste', this.paste);
  }

  given(files) {
    if (files[0]) this.showFile(files[0]);
  }

  leave() {
    this.left = true;
    this.turn++;
    this.camera.close();
    this.classifier?.close();
    document.removeEventListener('paste', this.paste);
  }

  // On each run of the page.
  update(data, setStateValue) {
    Object.assign(this, { data, setStateValue });
    this.correcting.update(this.address(data.at.corrections), data.classes);
    if (this.loaded !== data.at.network) this.load();
    else if (this.classifier) this.classifier.about = data.run;   // a class may have been renamed
    const ids = JSON.stringify(data.samples);
    if (ids !== this.samples) {
      this.samples = ids;
      this.showSamples(0);
    }
  }

  address(path) {
    return new URL(path, document.baseURI).href;
  }

  // ---- the network

  async load() {
    const { at, run } = this.data;
    this.loaded = at.network;
    this.classifier?.close();
    this.classifier = null;
    this.stopLive();
    this.say('Loading the model …');
    try {
      const [code, pictures, answer] = await Promise.all([
        import(this.address(at.classifier)), import(this.address(at.pictures_code)), fetch(this.address(at.network)),
      ]);
      if (!answer.ok) throw new Error(GONE);
      const model = new Uint8Array(await answer.arrayBuffer());
      const classifier = await code.Classifier.open(run, model, ['heat', 'features'], true);
      if (this.loaded !== at.network || this.left) return classifier.close();
      Object.assign(this, { classifier, code: pictures });
      this.find('.camera').disabled = false;
      if (this.shown) this.answerStill();
      else this.clear();
    } catch (error) {
      if (this.loaded !== at.network) return;
      console.error(error);
      this.loaded = null;                    // the next run of the page tries again
      this.say(error.message === GONE ? GONE : 'The model cannot be loaded here. Reload the page.');
    }
  }

  // ---- one picture

  showFile(file) {
    this.show({ file: async () => file, burst: crypto.randomUUID?.() ?? String(Math.random()).slice(2) });
  }

  showSample(shown) {
    this.find('.frame').scrollIntoView({ block: 'nearest' });
    return this.show(shown);
  }

  async show(shown) {
    this.stopLive();
    const turn = ++this.turn;
    this.correcting.done();
    this.correcting.say('');
    this.shown = { ...shown, turn };
    if (this.classifier) await this.answerStill();
  }

  async answerStill() {
    const { shown } = this, { turn } = shown;
    try {
      const file = await shown.file(), picture = await this.code.workingCopy(file);
      const answer = await this.classifier.run(this.classifier.input(picture));
      if (turn !== this.turn) return;
      this.drawStill(picture);
      this.draw(answer, picture);
    } catch (error) {
      if (turn !== this.turn) return;
      this.clear();
      const known = this.code && error instanceof this.code.Unusable;
      this.problem(known ? `${error.message} Try another one.` : 'Something went wrong here. Reload the page.');
      if (!known) console.error(error);
    }
  }

  drawStill({ width, height, data }) {
    const pixels = new ImageData(width, height);
    for (let k = 0, from = 0; k < pixels.data.length; k += 4) {
      pixels.data.set([data[from++], data[from++], data[from++], 255], k);
    }
    const still = this.find('.still');
    Object.assign(still, { width, height, hidden: false });
    still.getContext('2d').putImageData(pixels, 0, 0);
    this.face(width, height, false);
    this.find('video').hidden = true;
  }

  // ---- the camera

  async startLive() {
    this.problem('');
    this.correcting.done();
    const why = await this.camera.open();
    if (why) return this.problem(why);
    if (!this.camera.isOpen) return;          // closed meanwhile
    const { videoWidth: width, videoHeight: height } = this.find('video');
    this.shown = null;
    this.find('.still').hidden = true;
    this.find('video').hidden = false;
    this.face(width, height, this.camera.mirrored);
    this.cameraButton('Stop the camera', false);
    this.goOn();
  }

  stopLive(why = '') {
    if (this.camera.isOpen) this.turn++;
    this.camera.close();
    this.cameraButton('Open the camera', true);
    this.rate('');
    this.problem(why);
    if (!this.shown || this.shown.frame) this.clear();
  }

  // Every frame is made ready while the network answers the one before it.
  async live(turn) {
    const goesOn = () => turn === this.turn && this.camera.isOpen && this.root.isConnected;
    let next = this.seen();
    while (goesOn()) {
      const { frame, picture, input } = await next;
      const answering = this.classifier.run(input);
      if (document.hidden) await new Promise(go => document.addEventListener('visibilitychange', go, { once: true }));
      next = this.seen();
      const answer = await answering;
      if (!goesOn()) return;
      this.shown = { file: () => frame.convertToBlob({ type: 'image/jpeg', quality: 0.95 }), burst: this.camera.burst, frame };
      this.draw(answer, picture, true);
      this.count();
    }
  }

  async seen() {
    const frame = this.camera.frame();
    const picture = await this.code.frameCopy(frame, frame.width, frame.height);
    return { frame, picture, input: this.classifier.input(picture) };
  }

  // What was answered last stands still, while somebody says what it is.
  freeze() {
    if (!this.camera.isOpen || !this.shown?.frame) return;
    this.turn++;
    const { frame } = this.shown, still = this.find('.still');
    Object.assign(still, { width: frame.width, height: frame.height, hidden: false });
    still.getContext('2d').drawImage(frame, 0, 0);
    this.find('video').hidden = true;
    this.rate('Held still');
    this.bars.draw(this.answer);
  }

  goOn() {
    if (!this.camera.isOpen) return;
    this.find('.still').hidden = true;
    this.find('video').hidden = false;
    this.answered = [];
    this.live(++this.turn).catch(error => {
      console.error(error);
      this.stopLive('Something went wrong here. Reload the page.');
    });
  }

  count() {
    this.root.dataset.answers = ++this.answers;
    this.answered.push(performance.now());
    if (this.answered.length > RATE_OVER) this.answered.shift();
    const [first] = this.answered, last = this.answered.at(-1);
    if (last === first) return;
    const rate = 1000 * (this.answered.length - 1) / (last - first);
    this.rate(`${rate.toFixed(rate < 10 ? 1 : 0)} answers a second`);
  }

  rate(text) {
    this.find('.rate').textContent = text;
    this.find('.rate').hidden = !text;
  }

  cameraButton(text, first) {
    const camera = this.find('.camera');
    camera.textContent = text;
    camera.classList.toggle('first', first);
  }

  // ---- what is seen of it

  face(width, height, mirrored) {
    const view = this.find('.view');
    view.hidden = false;
    view.style.setProperty('--ratio', width / height);
    view.classList.toggle('mirrored', mirrored);
    this.find('.invitation').hidden = true;
  }

  draw(answer, picture, isLive = false) {
    const { labels, shares, none, outputs } = answer, top = shares.indexOf(Math.max(...shares));
    this.problem('');
    this.root.classList.toggle('none', none);
    this.find('.verdict').hidden = this.find('.wrong').hidden = false;
    this.find('.verdict .name').textContent = none ? 'None of these, probably' : labels[top];
    this.find('.verdict .share').textContent = none ? '' : inWords(shares[top]);
    const inDataset = this.shown?.label ? `In the dataset: ${this.shown.label}.` : '';
    this.say(none ? NONE : inDataset);
    this.answer = answer;
    this.bars.draw(answer, isLive);
    const heat = this.find('.heat');
    heat.hidden = !outputs.heat || none || !this.find('.warmth').checked;
    this.find('.switch').hidden = !outputs.heat;
    if (!heat.hidden) drawHeat(heat, heatPixels(outputs.heat, top), this.code.seenBox(picture, this.data.run.preprocessing), picture);
    if (outputs.features) this.askAlike(outputs.features.data, isLive);
  }

  clear() {
    this.root.classList.remove('none');
    for (const name of ['.view', '.verdict', '.wrong', '.alike']) this.find(name).hidden = true;
    this.find('.invitation').hidden = false;
    this.shown = null;
    this.bars.blank(this.data.run.labels);
    this.say(this.classifier ? `It tells ${this.data.run.labels.length} classes apart.` : '');
  }

  say(text) {
    const status = this.find('.status');
    if (status.textContent !== text) status.textContent = text;   // or it is read out at every answer
  }

  problem(text) {
    const box = this.find('.problem');
    if (box.textContent !== text) box.textContent = text;
    box.hidden = !text;
  }

  // ---- pictures like it, and pictures to press on

  async askAlike(features, isLive) {
    const now = performance.now(), { turn } = this;
    if (isLive && (this.asking || now - (this.askedAt ?? -Infinity) < ALIKE_EVERY_MS)) return;
    this.askedAt = now;
    this.asking = true;
    try {
      const but = this.shown?.id ? `?but=${this.shown.id}` : '';
      const answer = await fetch(this.address(this.data.at.alike) + but, { method: 'POST', body: features.slice() });
      if (!answer.ok || turn !== this.turn) return;
      const images = await answer.json();
      this.find('.alike').hidden = !images.length;
      const key = JSON.stringify(images);
      if (key === this.alike) return;
      this.alike = key;
      const tiles = images.map(({ id, label }) => this.tile(this.address(`${this.data.pictures}${id}.jpg`), label));
      this.find('.alike .tiles').replaceChildren(...tiles);
    } catch {
      this.find('.alike').hidden = true;      // the studio does not answer; the network still does
    } finally {
      this.asking = false;
    }
  }

  tile(source, label, press = null) {
    const tile = document.createElement(press ? 'button' : 'figure'), image = document.createElement('img');
    const text = document.createElement(press ? 'span' : 'figcaption');
    Object.assign(image, { src: source, alt: press ? '' : label, decoding: 'async' });
    text.textContent = text.title = label;
    tile.append(image, text);
    if (press) Object.assign(tile, { type: 'button', onclick: press });
    return tile;
  }

  async showSamples(first) {
    const { samples, thumbnails, pictures } = this.data;
    this.firstSample = first < samples.length ? first : 0;
    const shown = samples.slice(this.firstSample, this.firstSample + SAMPLES_SHOWN);
    this.find('.samples').hidden = !shown.length;
    this.find('.others').hidden = samples.length <= SAMPLES_SHOWN;
    if (!shown.length) return;
    const answer = await fetch(this.address(`${thumbnails}?ids=${shown.map(([id]) => id).join(',')}`));
    const small = answer.ok ? await answer.json() : {};
    const tiles = shown.filter(([id]) => small[id]).map(([id, label]) => this.tile(
      `data:image/jpeg;base64,${small[id]}`, label,
      () => this.showSample({ id, label, file: async () => (await fetch(this.address(`${pictures}${id}.jpg`))).blob() }),
    ));
    this.find('.samples .tiles').replaceChildren(...tiles);
  }
}
