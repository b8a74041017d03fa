// From logits to probabilities, as core/calibration.py does.

const LEAST = 1e-12; // no class counts as less likely than this before a temperature

export function tempered(logits, temperature) {
  const most = Math.max(...logits), shares = whole(logits.map((value) => Math.exp(value - most)));
  return whole(shares.map((share) => Math.max(share, LEAST) ** (1 / temperature)));
}

function whole(values) {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}
