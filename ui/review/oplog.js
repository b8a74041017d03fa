// What a person did here and the studio has not confirmed yet; in front of the script of every
// component that sends marks. The other half is oplog.py. The studio stores each operation once, by
// client and number, so one that has no answer is sent again: after the studio was started anew, it
// does not know what it missed.
const PATIENCE_MS = 2500;       // for the answer to an operation

class OperationLog {
  constructor(root, whenLate) {
    Object.assign(this, { root, whenLate, ops: [], seq: 0, late: false });
    this.cid = crypto.randomUUID?.() ?? String(Math.random());
  }

  // On each run of the page: what was handled is forgotten, the rest is waited for.
  update(handled, setStateValue) {
    this.write = () => setStateValue('ops', this.ops.slice());
    this.ops = this.ops.filter(op => op.seq > (handled[this.cid] ?? 0));
    this.wait();
  }

  push(op) {
    this.ops.push({ cid: this.cid, seq: ++this.seq, ...op });
    this.wait();
    this.write();
  }

  // Whether something is on its way whose result is not known here.
  get unsure() {
    return this.ops.some(op => op.op === 'undo' || op.op === 'redo');
  }

  get warning() {
    if (!this.late) return '';
    return `${this.ops.length} marks are not stored yet: is the studio running?`;
  }

  wait(late = false) {
    clearTimeout(this.waiting);
    this.late = late && this.ops.length > 0;
    window.onbeforeunload = this.late ? event => event.preventDefault() : null;
    if (!this.ops.length) return;
    this.waiting = setTimeout(() => {
      if (!this.root.isConnected) return;
      this.wait(true);
      this.whenLate();
      this.write();
    }, PATIENCE_MS);
  }
}
