// What to do about feet that slide, in the reader's language: the codes of stage/accuracy/words.py.

export function advised(words, { kind, value, side }) {
  const tag = words[`tag_${side || kind}`] ?? "";
  const figure = kind === "near" ? value.toFixed(1) : Math.round(value);
  return words[`slide_${kind}`].replace("{n}", figure).replace("{tag}", tag);
}
