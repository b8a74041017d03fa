// The classes with their probabilities: as many as fit, the most probable first. They slide.
const MOST_BARS = 5, ROW_REM = 2.9;
// So that live bars do not flutter: how much of the share before counts for the order, and how much
// more likely a class must be to pass another one.
const CALM = 0.6, PASSES = 0.03;

function inWords(share) {
  if (share > 0.995 && share < 1) return '> 99 %';
  return share > 0 && share < 0.005 ? '< 1 %' : `${Math.round(100 * share)} %`;
}

class Bars {
  constructor(list) {
    Object.assign(this, { list, labels: [], weight: [] });
  }

  draw({ labels, shares }, live) {
    if (this.labels.join('\n') !== labels.join('\n')) this.begin(labels);
    this.weight = shares.map((share, k) => (live ? CALM * this.weight[k] + (1 - CALM) * share : share));
    this.order = live ? this.calmOrder() : [...labels.keys()].sort((a, b) => this.weight[b] - this.weight[a]);
    this.order.forEach((k, rank) => this.place(this.items[k], shares[k], rank));
  }

  // As it was, but for those that are clearly more likely than one above them.
  calmOrder() {
    const order = [];
    for (const k of this.order) {
      let at = order.length;
      while (at && this.weight[k] > this.weight[order[at - 1]] + PASSES) at--;
      order.splice(at, 0, k);
    }
    return order;
  }

  // Before anything was answered: which classes there are.
  blank(labels) {
    this.begin(labels);
    this.items.forEach((item, k) => this.place(item, 0, k));
    this.items.forEach(item => { item.children[1].textContent = ''; });
    this.labels = [];
  }

  begin(labels) {
    this.labels = labels;
    this.weight = labels.map(() => 0);
    this.order = [...labels.keys()];
    this.items = labels.map(label => this.item(label));
    this.list.replaceChildren(...this.items);
    this.list.style.height = `${ROW_REM * Math.min(labels.length, MOST_BARS)}rem`;
  }

  item(label) {
    const item = document.createElement('li'), name = document.createElement('span');
    const share = document.createElement('span'), track = document.createElement('div');
    name.className = 'label';
    name.textContent = name.title = label;
    share.className = 'percent';
    track.className = 'track';
    track.append(document.createElement('div'));
    item.append(name, share, track);
    item.dataset.label = label;
    return item;
  }

  place(item, share, rank) {
    item.dataset.probability = share;
    item.classList.toggle('top', rank === 0 && share > 0);
    item.classList.toggle('beyond', rank >= MOST_BARS);
    item.ariaHidden = rank >= MOST_BARS ? 'true' : null;
    item.style.transform = `translateY(${ROW_REM * Math.min(rank, MOST_BARS)}rem)`;
    item.children[1].textContent = inWords(share);
    item.children[2].firstChild.style.transform = `scaleX(${share})`;
  }
}
