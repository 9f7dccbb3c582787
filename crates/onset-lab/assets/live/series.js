// The curves of each task: keys of a point, their names and colours.

const accuracy = { key: "accuracy", name: "accuracy", colour: "--line-1" };

// What is known, where attention is, and what is right, as shares that can be compared.
export const SERIES = {
  copying: [
    { key: "words_known", name: "words known from their own state alone", colour: "--line-3" },
    { key: "attention_accuracy", name: "positions where attention finds the right word", colour: "--line-2" },
    accuracy,
  ],
  keyword: [
    { key: "word_probability", name: "probability of the label from the keyword alone", colour: "--line-3" },
    { key: "attention", name: "weight on the keyword", colour: "--line-2" },
    accuracy,
  ],
  induction: [
    { key: "progress", name: "progress from counts of symbols to counts of pairs", colour: "--line-5" },
    { key: "previous_token", name: "weight on the token before (layer 0)", colour: "--line-3" },
    { key: "attention", name: "weight on what followed before (layer 1)", colour: "--line-2" },
    accuracy,
  ],
};

// What the theory of copying predicts, by the same names.
export const WEIGHTS = [
  { key: "word_probability", name: "probability of a word from its own state alone", colour: "--line-3" },
  { key: "attention", name: "weight on the right word", colour: "--line-2" },
  accuracy,
];
