// A network in the browser: what it says of a picture. `about` is what classifier.json holds.

import * as ort from "./ort/ort.wasm.bundle.min.mjs";
import { normalise, square, workingCopy } from "./pictures.js";
import { tempered } from "./probabilities.js";

export class Classifier {
  // model: the bytes of model.onnx; wanted: more of its outputs, where it has them; aside: in a
  // worker, so that the next picture is made ready meanwhile.
  static async open(about, model, wanted = [], aside = false) {
    ort.env.wasm.numThreads = 1; // more need headers that a static page cannot set
    ort.env.wasm.proxy = aside;
    ort.env.wasm.wasmPaths = { wasm: new URL("ort/ort-wasm-simd-threaded.wasm", import.meta.url).href };
    const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
    const there = wanted.filter((name) => session.outputNames.includes(name));
    return new Classifier(about, session, [...(about.threshold === null ? [] : ["off_topic"]), ...there]);
  }

  constructor(about, session, wanted) {
    Object.assign(this, { about, session, wanted, queue: Promise.resolve() });
  }

  async answer(file) {
    return this.run(this.input(await workingCopy(file)));
  }

  // What the network reads of the pixels of a working copy.
  input(picture) {
    const how = this.about.preprocessing;
    return normalise(square(picture, how), how);
  }

  // {shares: by the order of the labels, none: whether it is none of these, outputs: the wanted}
  async run(input) {
    const { labels, temperature, threshold, preprocessing: { size } } = this.about;
    const pixels = new ort.Tensor("float32", input, [1, 3, size, size]);
    const outputs = await this.inTurn(() => this.session.run({ pixel_values: pixels }, ["logits", ...this.wanted]));
    const shares = tempered(Array.from(outputs.logits.data), temperature);
    const none = threshold !== null && outputs.off_topic.data[0] > threshold;
    return { labels, shares, none, outputs };
  }

  // Gives back the memory that it holds; nothing can be asked after that.
  close() {
    return this.inTurn(() => this.session.release());
  }

  // One inference after the other: the runtime does not take two at once.
  inTurn(work) {
    const result = this.queue.then(work);
    this.queue = result.catch(() => {});
    return result;
  }
}
