// A name for this tab, which it keeps when it is loaded again.
const COLOURS = ["Amber", "Copper", "Indigo", "Olive", "Scarlet", "Silver", "Teal", "Violet"];
const ANIMALS = ["Badger", "Finch", "Heron", "Lynx", "Marten", "Otter", "Raven", "Wren"];

const pick = (words) => words[Math.floor(Math.random() * words.length)];

export const myName = (sessionStorage.myName ??= `${pick(COLOURS)} ${pick(ANIMALS)}`);
