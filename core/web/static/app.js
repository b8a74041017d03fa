// A classifier in the visitor's own browser. classifier.json says what it needs to know.

import { Classifier } from "./classifier.js";
import { Unusable } from "./pictures.js";

const SHOWN = 5;
const $ = (id) => document.getElementById(id);
const file = async (name) => {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer;
};
let about, classifier, stream, shownAddress, latest = 0;

async function load() {
  about = await (await file("classifier.json")).json();
  document.title = $("name").textContent = about.name;
  $("classes").textContent = `What is in the picture: ${about.labels.join(", ")}?`;
  showExamples();
  const model = new Uint8Array(await (await file("model.onnx")).arrayBuffer());
  classifier = await Classifier.open(about, model);
  $("file").disabled = $("check").disabled = false;
  $("camera").disabled = !navigator.mediaDevices?.getUserMedia;
  say("Choose a picture.");
}

async function classify(blob) {
  const turn = ++latest;
  stopCamera();
  show(blob);
  say("Looking …");
  try {
    const { labels, shares, none } = await classifier.answer(blob);
    if (turn !== latest) return;
    const lines = labels.map((label, k) => [label, shares[k]]).sort((a, b) => b[1] - a[1]);
    $("none").hidden = !none;
    $("answer").replaceChildren(...lines.slice(0, SHOWN).map(line));
    say("");
  } catch (error) {
    if (turn !== latest) return;
    $("none").hidden = true;
    $("answer").replaceChildren();
    say(error instanceof Unusable ? `${error.message} Try another one.` : "Something went wrong here. Reload the page.");
    if (!(error instanceof Unusable)) console.error(error);
  }
}

function line([label, share]) {
  const item = document.createElement("li"), text = document.createElement("div");
  const bar = document.createElement("progress");
  text.className = "label";
  text.append(cell(label), cell(`${(100 * share).toFixed(1)} %`));
  bar.value = share;
  bar.setAttribute("aria-label", label);
  item.dataset.label = label;
  item.dataset.probability = share;
  item.append(text, bar);
  return item;
}

function cell(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

function say(text) {
  $("status").textContent = text;
  $("status").hidden = !text;
}

function show(blob) {
  if (shownAddress) URL.revokeObjectURL(shownAddress);
  shownAddress = URL.createObjectURL(blob);
  $("picture").src = shownAddress;
  $("picture").hidden = false;
  $("invitation").hidden = true;
}

function showExamples() {
  $("tries").hidden = !about.examples.length;
  $("examples").replaceChildren(...about.examples.map((name) => {
    const button = document.createElement("button"), image = document.createElement("img");
    image.src = `examples/${encodeURIComponent(name)}`;
    image.alt = `Example ${name}`;
    button.type = "button";
    button.append(image);
    button.onclick = async () => classifier && classify(await (await file(image.src)).blob());
    return button;
  }));
}

async function startCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return say("The camera cannot be used. Allow it in the browser, or choose a file.");
  }
  $("video").srcObject = stream;
  await $("video").play();
  $("video").hidden = $("shoot").hidden = false;
  $("picture").hidden = $("invitation").hidden = $("camera").hidden = true;
  say("");
}

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  $("video").srcObject = null;
  $("video").hidden = $("shoot").hidden = true;
  $("camera").hidden = false;
}

async function shoot() {
  const video = $("video"), canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d").drawImage(video, 0, 0);
  classify(await canvas.convertToBlob({ type: "image/png" }));
}

// Replays the pictures whose answers the studio recorded.
async function check() {
  const recorded = await (await file("recorded.json")).json();
  let worst = 0;
  for (const [name, expected] of Object.entries(recorded)) {
    const blob = await (await file(`examples/${encodeURIComponent(name)}`)).blob();
    const { labels, shares } = await classifier.answer(blob);
    for (const k of labels.keys()) worst = Math.max(worst, Math.abs(shares[k] - expected[labels[k]]));
  }
  const count = Object.keys(recorded).length;
  $("checked").textContent = worst <= about.tolerance
    ? `As the studio answers: ${count} examples, shares differ by ${worst.toFixed(4)} at most.`
    : `Otherwise than the studio: shares of the examples differ by up to ${worst.toFixed(4)}.`;
  $("checked").dataset.worst = worst;
}

$("file").onchange = () => $("file").files[0] && classify($("file").files[0]);
$("camera").onclick = startCamera;
$("shoot").onclick = shoot;
$("check").onclick = () => check().catch((error) => {
  console.error(error);
  $("checked").textContent = "The examples cannot be read.";
});
$("drop").ondragover = (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
};
$("drop").ondragleave = () => $("drop").classList.remove("over");
const given = (event, files) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  if (classifier && files?.[0]) classify(files[0]);
};
$("drop").ondrop = (event) => given(event, event.dataTransfer.files);
document.onpaste = (event) => event.clipboardData.files.length && given(event, event.clipboardData.files);
load().catch((error) => {
  console.error(error);
  say("The classifier cannot be loaded. Reload the page; opened as a file, it needs a web server.");
});
