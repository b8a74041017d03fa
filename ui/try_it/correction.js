// "Wrong? It is ...": sends a picture with its label to the studio, and takes that back.
const SIDES = { train: 'for training', valid: 'for validation', test: 'for testing' };

class Correcting {
  // shown(): the picture that was answered, {id} of the dataset or {file(), burst}
  constructor(box, { shown, freeze, goOn, changed }) {
    Object.assign(this, { box, shown, freeze, goOn, changed });
    const find = name => box.querySelector(name);
    [this.doubt, this.form, this.select] = [find('.doubt'), find('form'), find('select')];
    [this.stored, this.undo] = [find('.stored'), find('.undo')];
    this.doubt.onclick = () => this.ask();
    find('.cancel').onclick = () => this.done();
    this.form.onsubmit = event => {
      event.preventDefault();
      this.send();
    };
    this.undo.onclick = () => this.takeBack();
  }

  update(address, classes) {
    this.address = address;
    if (classes.join('\n') === this.classes?.join('\n')) return;
    this.classes = classes;
    this.select.replaceChildren(new Option('choose its class', ''), ...classes.map(name => new Option(name)));
  }

  ask() {
    this.say('');
    this.freeze();
    this.picture = this.shown();
    this.select.value = '';
    this.form.hidden = false;
    this.doubt.hidden = true;
    this.select.focus();
  }

  done() {
    this.form.hidden = true;
    this.doubt.hidden = false;
    this.goOn();
  }

  async send() {
    const { id, file, burst } = this.picture, label = this.select.value;
    const query = new URLSearchParams(id ? { label, id } : { label, burst });
    const body = id ? null : await file();
    const result = await this.request('POST', `${this.address}?${query}`, body);
    this.done();
    if (!result) return;
    const where = `${result.label}, ${SIDES[result.side]}`;
    if (result.kind === 'same') return this.say(`It stands in the dataset as ${result.label} already.`);
    this.last = result;
    this.say(result.kind === 'added' ? `Stored as ${where}.` : `In the dataset it is now ${where}.`, true);
    this.changed();
  }

  async takeBack() {
    const { id, edit } = this.last;
    const step = edit === null ? '' : `?edit=${edit}`;
    if (!(await this.request('DELETE', `${this.address}/${id}${step}`))) return;
    this.say('Taken back.');
    this.changed();
  }

  async request(method, address, body = null) {
    try {
      const answer = await fetch(address, { method, body });
      const result = await answer.json();
      if (answer.ok) return result;
      this.say(`${result.message} ${result.hint}`);
    } catch {
      this.say('The studio does not answer: is it running?');
    }
    return null;
  }

  say(text, canUndo = false) {
    this.stored.textContent = text;
    this.undo.hidden = !canUndo;
  }
}
