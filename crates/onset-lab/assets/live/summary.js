// A setup in a line, and what differs between two of them.

import { sentence } from "./interventions.js";

const NAMES = {
  task: "task", vocabulary: "vocabulary size", length: "length", repetition: "words may repeat", width: "width", heads: "heads",
  attention: "attention", optimizer: "optimiser", learning_rate: "learning rate", batch: "batch size", steps: "steps", seed: "seed",
};
const VALUES = { adam: "Adam", sgd: "SGD", true: "yes", false: "no" };

const written = (value) => VALUES[value] ?? String(value);

export function summary(setup) {
  const { task, vocabulary, length, heads } = setup;
  const data = {
    copying: `copy ${length} of ${vocabulary} words`, keyword: `find a keyword among ${vocabulary} words`,
    induction: `continue Markov chains of ${vocabulary} symbols`,
  }[task];
  const many = heads > 1 ? `, ${heads} heads` : "";
  return `${data} · width ${setup.width}${many}, ${setup.attention} attention · ${written(setup.optimizer)}, learning rate ${setup.learning_rate} · ${setup.steps} steps · seed ${setup.seed}`;
}

// How B differs from A, as [what, in A, in B]; `made` are the interventions of each.
export function differences(a, b) {
  const setup = Object.keys(NAMES).filter((key) => a.setup[key] !== b.setup[key])
    .map((key) => [NAMES[key], written(a.setup[key]), written(b.setup[key])]);
  const list = ({ setup, made }) => made.map(({ step, intervention }) => `step ${step}: ${sentence(intervention, setup)}`);
  const [inA, inB] = [list(a), list(b)];
  const only = (these, others) => these.filter((each) => !others.includes(each)).join("; ") || "none";
  if (inA.join() !== inB.join()) setup.push(["interventions", only(inA, inB), only(inB, inA)]);
  return setup;
}
