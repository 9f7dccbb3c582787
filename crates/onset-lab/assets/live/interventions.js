// Interventions: their names, how the API writes them, and how a link writes a plan of them.

export const MODES = {
  learned: ["Learned", "attention weights are computed from learned scores"],
  uniform: ["Uniform", "equal weights on all positions; the scores are not trained"],
  clamped: ["Clamped", "all weight on the right word; the scores are not trained"],
  previous: ["Token before", "all weight on the token before; the scores are not trained"],
};

// Layers of the Transformer that learns induction.
export const LAYERS = 2;

// Parameter groups that can be frozen: [name in the API, on the button, in a sentence, explanation].
export const GROUPS = [
  ["attention", "Attention", "attention scores", "the parameters that compute attention scores are not updated"],
  ["rest", "All the rest", "all parameters but those of attention scores", "all other parameters are not updated, so β does not change"],
];

export const freeze = (group) => ({ kind: "freeze", group });
export const unfreeze = (group) => ({ kind: "unfreeze", group });
export const setAttention = (mode, { layer, head }) => ({
  kind: "attention", mode, ...(layer === undefined ? {} : { layer }), ...(head === undefined ? {} : { head }),
});
export const setRate = (rate) => ({ kind: "learning_rate", rate });
export const swapHead = (head, seed) => ({ kind: "swap_head", head, seed });

// In words, for lists and the marks on charts. Heads are counted through the layers of a Transformer.
export function sentence({ kind, rate, mode, group, layer, head, seed }, { task, heads }) {
  const frozen = GROUPS.find(([name]) => name === group)?.[2] ?? group;
  const modes = { previous: "on the token before" };
  switch (kind) {
    case "learning_rate": return `learning rate ${rate}`;
    case "attention": return `attention ${modes[mode] ?? mode}${layer === undefined ? "" : ` in layer ${layer}`}${head === undefined ? "" : `, head ${head + 1}`}`;
    case "freeze": return `${frozen} frozen`;
    case "unfreeze": return `${frozen} unfrozen`;
    default: return `${task === "induction" ? `layer ${Math.floor(head / heads)}, head ${head % heads + 1}` : `head ${head + 1}`} replaced by that of seed ${seed}`;
  }
}

// A plan in a link: `60_attention_learned*150_rate_0.01`.
export function writePlan(plan) {
  const fields = ({ kind, rate, mode, group, layer, head, seed }) => {
    switch (kind) {
      case "learning_rate": return ["rate", rate];
      case "attention": return ["attention", mode, layer ?? "", head ?? ""];
      case "swap_head": return ["swap", head, seed];
      default: return [kind, group];
    }
  };
  return plan.map(({ step, intervention }) => [step, ...fields(intervention)].join("_").replace(/_+$/, "")).join("*");
}

// What is not an intervention is left out: a link may have been cut.
export function readPlan(text) {
  const number = (field) => (field === undefined || field === "" ? undefined : Number(field));
  const read = ([kind, first, second, third]) => {
    switch (kind) {
      case "rate": return Number(first) > 0 ? setRate(Number(first)) : null;
      case "attention": return MODES[first] ? setAttention(first, { layer: number(second), head: number(third) }) : null;
      case "swap": return swapHead(Number(first), Number(second));
      case "freeze": case "unfreeze": return GROUPS.some(([name]) => name === first) ? { kind, group: first } : null;
      default: return null;
    }
  };
  return text.split("*").filter(Boolean).map((item) => {
    const [step, ...fields] = item.split("_");
    return { step: Number(step), intervention: read(fields) };
  }).filter(({ step, intervention }) => Number.isInteger(step) && step >= 0 && intervention);
}
