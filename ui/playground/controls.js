// The controls: the parameters of the lesson, new data, and what to try.
const POSITIONS = 200;          // of a slider whose positions are spread over the logarithm

function fillControls(S) {
  S.inputs = {};
  const settings = element('div', 'settings');
  for (const parameter of S.data.parameters) {
    const make = { Slider: sliderOf, Choice: choiceOf, Switch: switchOf,
      Numbers: presetsOf }[parameter.kind];
    if (parameter.presets?.length !== 0) settings.append(S.inputs[parameter.name] = make(S, parameter));
  }
  const foot = element('div', 'foot');
  if (S.data.seeded) foot.append(button('New data', 'The same with other random numbers',
    () => change(S, {}, true, (S.seed + 1) % 1000)));
  foot.append(button('Reset', 'All settings as at first', () => startOver(S, {}, 0)));
  S.tries = element('div', 'tries');
  S.tries.append(element('h3', '', 'Try this'));
  S.said = element('p', 'why');
  S.data.recipes.forEach(recipe => S.tries.append(recipeOf(S, recipe)));
  S.tries.append(S.said);
  S.controls.replaceChildren(settings, foot, S.tries);
  paintControls(S);
}

function recipeOf(S, recipe) {
  const node = button(recipe.name, recipe.sentence, () => startOver(S, recipe.values, recipe.seed));
  node.className = recipe.good ? 'try good' : 'try bad';
  node._recipe = recipe;
  return node;
}

function startOver(S, values, seed) {
  play(S, false);
  S.startOver = Object.keys(values).length > 0;
  if (!S.startOver) S.step = 0;
  change(S, { ...S.data.defaults, ...values }, true, seed);
  paintControls(S);
}

function field(parameter) {
  const node = element('label', 'field');
  node.append(element('span', 'name', parameter.label));
  node.title = parameter.help;
  return node;
}

function sliderOf(S, parameter) {
  const node = field(parameter), value = element('output'), input = element('input');
  const { low, high, step, log, name } = parameter;
  input.type = 'range';
  input.min = log ? 0 : low;
  input.max = log ? POSITIONS : high;
  input.step = log ? 1 : step;
  input.dataset.parameter = name;
  const read = () => log ? rounded(low * (high / low) ** (input.value / POSITIONS)) : +input.value;
  input.oninput = () => {
    value.textContent = short(read());
    fillTrack(input);
    change(S, { [name]: read() }, false);
  };
  input.onchange = () => change(S, { [name]: read() }, true);
  node.paint = to => {
    input.value = log ? Math.round(POSITIONS * Math.log(to / low) / Math.log(high / low)) : to;
    value.textContent = short(to);
    input.setAttribute('aria-valuetext', short(to));
    fillTrack(input);
  };
  node.append(value, input);
  if (S.data.steers.some(steer => steer.parameter === name)) node.append(steerOf(node));
  return node;
}

// The part of a slider's track that lies before its thumb.
const fillTrack = ({ style, value, min, max }) =>
  style.setProperty('--before', `${100 * (value - min) / (max - min || 1)}%`);

const rounded = value => +value.toPrecision(3);

const choiceOf = (S, parameter) => buttonsOf(S, parameter, parameter.choices.map(word => [word, word]));

// Numbers that have names; others are typed or drawn into a picture.
const presetsOf = (S, parameter) => buttonsOf(S, parameter, parameter.presets);

function buttonsOf(S, parameter, choices) {
  const node = element('div', 'field'), group = element('div', 'choices');
  node.append(element('span', 'name', parameter.label), group);
  node.title = parameter.help;
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', parameter.label);
  for (const [name, value] of choices) {
    group.append(button(name, `${parameter.label}: ${name}`,
      () => { change(S, { [parameter.name]: value }, true); paintControls(S); }));
  }
  node.paint = to => [...group.children].forEach((one, k) =>
    one.setAttribute('aria-pressed', JSON.stringify(choices[k][1]) === JSON.stringify(to)));
  return node;
}

function switchOf(S, parameter) {
  const node = field(parameter), input = element('input');
  input.type = 'checkbox';
  input.setAttribute('role', 'switch');
  input.dataset.parameter = parameter.name;
  input.onchange = () => change(S, { [parameter.name]: input.checked }, true);
  node.classList.add('switch');
  node.paint = to => { input.checked = to; };
  node.prepend(input);
  return node;
}

function paintControls(S) {
  if (S.answered >= S.n && !S.waiting) S.values = { ...S.data.values };
  for (const [name, node] of Object.entries(S.inputs)) node.paint(S.values[name]);
  for (const { name, only_if: rule } of S.data.parameters) {
    if (rule && S.inputs[name]) S.inputs[name].hidden = !rule[1].includes(S.values[rule[0]]);
  }
  const wanted = values => JSON.stringify(S.data.parameters.map(p => values[p.name]));
  const now = wanted(S.values);
  S.said.textContent = '';
  for (const node of S.tries.querySelectorAll('.try')) {
    const { values, sentence } = node._recipe;
    const shown = wanted({ ...S.data.defaults, ...values }) === now;
    node.setAttribute('aria-pressed', shown);
    if (shown) S.said.textContent = sentence;
  }
}

// Under a slider: a dot where the number is at this step, and an arrow the way it should go.
function steerOf(node) {
  node.steer = element('span', 'steer');
  node.steer.append(element('i', 'dot'), element('i', 'arrow'));
  node.hint = element('span', 'hint');
  const both = element('span', 'steers');
  both.append(node.steer, node.hint);
  return both;
}

function paintSteers(S) {
  for (const { parameter, values, slope } of S.data.steers) {
    const node = S.inputs[parameter], { low, high } = S.data.parameters.find(p => p.name === parameter);
    const share = v => 100 * Math.min(Math.max((v - low) / (high - low), 0), 1);
    const now = S.trace.arrays[values].flat[S.step], steep = S.trace.arrays[slope].flat[S.step];
    const [dot, arrow] = node.steer.children, length = Math.min(6 + 12 * Math.log1p(Math.abs(steep)), 46);
    const flat = Math.abs(steep) < 1e-3;
    dot.style.left = `${share(now)}%`;
    arrow.style.width = `${length}%`;
    arrow.style.left = steep < 0 ? `${share(now)}%` : `${share(now) - length}%`;
    arrow.className = steep < 0 ? 'arrow right' : 'arrow left';
    arrow.hidden = flat;
    node.hint.textContent = `${parameter} = ${short(now)}. ` + (flat ? 'No slope: leave it.'
      : `${steep < 0 ? 'Increase' : 'Decrease'} it by 0.01: loss −${short(Math.abs(steep) / 100, 2)}`);
  }
}
