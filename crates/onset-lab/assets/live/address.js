// What the address of the lab holds of a training: its setup, as far as it differs from that of its preset, and its plan. The same of
// training A, if the link is one to a pair.

import { readPlan, writePlan } from "./interventions.js";

// The setup that a query asks for: { preset, made }.
export function setupOf(query, stories) {
  const preset = stories.find(({ key }) => key === query.get("preset")) ?? stories[0];
  const made = { ...preset.setup };
  for (const [key, standard] of Object.entries(made)) {
    if (!query.has(key)) continue;
    const value = query.get(key);
    made[key] = typeof standard === "number" ? Number(value) : typeof standard === "boolean" ? value === "true" : value;
  }
  made.plan = query.has("plan") ? readPlan(query.get("plan")) : made.plan ?? [];
  return { preset: preset.key, made };
}

// What an address says of a setup; null for what is as in the preset.
export function queryOf(setup, preset, stories) {
  const standard = stories.find(({ key }) => key === preset).setup;
  const { plan, ...fields } = setup;
  const different = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value === standard[key] ? null : String(value)]));
  return { preset: preset === stories[0].key ? null : preset, ...different, plan: writePlan(plan) || null };
}

// Training A in a link, `hard*width-24*seed-3` and its plan; the setup of A, or null.
export function readA(query, stories) {
  if (!query.has("a")) return null;
  const [preset, ...fields] = query.get("a").split("*");
  const own = new URLSearchParams(fields.map((field) => [field.slice(0, field.indexOf("-")), field.slice(field.indexOf("-") + 1)]));
  own.set("preset", preset);
  own.set("plan", query.get("a_plan") ?? "");
  const known = setupOf(own, stories);
  return { preset: known.preset, setup: known.made };
}

export function writeA({ setup, preset }, stories) {
  const { preset: _, plan, ...fields } = queryOf(setup, preset, stories);
  const different = Object.entries(fields).filter(([, value]) => value !== null).map(([key, value]) => `${key}-${value}`);
  return { a: [preset, ...different].join("*"), a_plan: plan };
}

// A setup with all that was done by hand as a plan, so that training it anew does the same.
export function asPlanned({ setup, made, now }) {
  const ahead = setup.plan.filter(({ step }) => step >= now && !made.some((each) => each.step === step));
  return { ...setup, plan: [...made, ...ahead].map(({ step, intervention }) => ({ step, intervention })) };
}

// A setup as the lab takes it: without a plan that plans nothing.
export function sent({ plan, ...fields }) {
  return plan.length ? { ...fields, plan } : fields;
}
