// Makes an element like a freshly drawn one, and leaves alone what is the browser's and the person's: what is open,
// what has focus, what stands in a field. Only a value that changed on the server's side is put into a field.

const MINE = new Set(["open", "data-drawer", "aria-busy", "aria-expanded", "aria-activedescendant"]);
const isMine = (node) => node.matches("[role=listbox], [data-mine]");

export function morph(old, fresh, isBusy) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.isEqualNode(fresh) || isMine(old)) return;
  const before = given(old);
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !MINE.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !MINE.has(name)) old.setAttribute(name, value);
  }
  morphChildren(old, fresh, isBusy);
  if (!isBusy(old)) hold(old, before, given(fresh));
}

// What the server says a field holds.
const given = (field) => ({
  value: field.tagName === "TEXTAREA" ? field.defaultValue : field.getAttribute("value"),
  checked: field.hasAttribute("checked"),
  selected: field.hasAttribute("selected"),
});

function hold(field, before, now) {
  if (field.matches("input:not([type=checkbox], [type=radio]), textarea") && now.value !== before.value) field.value = now.value ?? "";
  if (field.matches("input") && now.checked !== before.checked) field.checked = now.checked;
  if (field.matches("option") && now.selected !== before.selected) field.selected = now.selected;
}

// An element is known by its id; a block, by the field in it.
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  return node.id || (node.parentElement?.matches(".bk") && node.querySelector("[data-block-id]")?.dataset.blockId) || "";
}

function morphChildren(old, fresh, isBusy) {
  const wanted = [...fresh.childNodes].map((node) => [keyOf(node), node]);
  const keys = new Set(wanted.map(([key]) => key));
  const known = new Map();
  for (const child of [...old.childNodes]) {
    const key = keyOf(child);
    if (key && !keys.has(key)) child.remove();
    else if (key) known.set(key, child);
  }
  let spot = old.firstChild;
  for (const [key, next] of wanted) {
    const match = key ? known.get(key) : spot && !keyOf(spot) && spot;
    if (!match || match.nodeName !== next.nodeName) {
      old.insertBefore(next, spot);
      continue;
    }
    if (match === spot) spot = spot.nextSibling;
    else old.insertBefore(match, spot);
    morph(match, next, isBusy);
  }
  while (spot) {
    const gone = spot;
    spot = spot.nextSibling;
    gone.remove();
  }
}
