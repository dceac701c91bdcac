// The page's own script. The server draws everything; this sends what people do, and puts in what was drawn anew.

import { morph } from "./morph.js";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const paneOf = (element) => element.closest(".pane");

// ---- Where the panes look: it stands in the address ------------------------------------------------------------

const NAMES = [["as", "in", "thread"], ["and", "and_in", "and_thread"]];
const sought = new WeakMap(); // pane -> what to go to once it is there
let socket;
let look = 0;

const looks = () => all(".pane").map(({ dataset }) => ({ as: dataset.as, in: dataset.in, thread: dataset.thread }));

function address() {
  const parts = new URLSearchParams();
  looks().forEach((pane, n) => Object.values(pane).forEach((value, i) => value && parts.set(NAMES[n][i], value)));
  return `/?${parts}`;
}

function go(pane, there) {
  Object.assign(pane.dataset, there);
  pane.removeAttribute("data-drawer");
  history.pushState(null, "", address());
  tellLook();
  if (there.in === "home") act(pane, { act: "home" });
}

function tellLook() {
  look += 1;
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ look, panes: looks(), traffic: !one("#traffic-drawer").hidden }));
}

// A link to a message: /archives/C123/p1700000000123456
function follow(pane, url) {
  const [, , channel, message] = url.pathname.split("/");
  const ts = message.slice(1).replace(/(\d{6})$/, ".$1");
  sought.set(pane, () => all(".message", pane).filter((each) => each.dataset.ts === ts).pop());
  go(pane, { in: channel, thread: url.searchParams.get("thread_ts") ?? "" });
}

function openThread(pane, ts) {
  if (ts) sought.set(pane, () => one(`.thread .composer[data-reply="${ts}"] textarea`, pane));
  go(pane, { thread: ts });
  if (!ts) comeBack(pane);
}

function seek(pane) {
  const found = sought.get(pane)?.();
  if (!found) return;
  sought.delete(pane);
  found.scrollIntoView({ block: "nearest" });
  found.focus();
}

// On a page that goes away a press would go with it, so there nothing can be pressed. What was put in arrives first.
async function depart(how) {
  document.body.inert = true;
  flush();
  await sending;
  how();
}

window.addEventListener("popstate", () => depart(() => location.reload()));

// The page comes inert, for nobody listens until this script runs, and the browser would send a form by itself.
// Back may bring a page as it was left.
window.addEventListener("pageshow", () => (document.body.inert = false));

// ---- What has changed appears ----------------------------------------------------------------------------------

function connect() {
  socket = new WebSocket(`ws://${location.host}/page/live`);
  socket.onopen = () => (document.body.classList.contains("lost") ? depart(() => location.reload()) : tellLook());
  socket.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    if (news.look !== look) return; // somebody looks elsewhere by now
    for (const [id, html] of Object.entries(news.html)) swap(document.getElementById(id), html);
  };
  socket.onclose = () => {
    document.body.classList.add("lost");
    setTimeout(connect, 1000);
  };
}

function swap(old, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html.trim();
  const focused = document.activeElement.id;
  morph(old, fresh.content.firstElementChild, (field) => field === document.activeElement || typed.has(field));
  if (!old.matches(".pane")) return;
  for (const input of all(".composer textarea", old)) input.value ||= drafts.get(input.id) ?? "";
  settle(old, focused);
  seek(old);
}

// ---- Focus: into a modal when it opens, back when it has gone ---------------------------------------------------

const FIELDS = "input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled])";
const STOPS = `${FIELDS}, button:not([disabled], [tabindex="-1"]), a[href], summary`;
const outside = new WeakMap(); // pane -> what was focused before the modal
const inFront = new WeakMap(); // pane -> id of its modal
let submitted; // id of the modal that waits for its answer

function settle(pane, focused) {
  const modal = one("[role=dialog]", pane);
  const before = inFront.get(pane);
  inFront.set(pane, modal?.id);
  const active = document.activeElement;
  if (active !== document.body && paneOf(active) !== pane) return;
  if (modal) focusIn(modal, modal.id !== before, focused);
  else if (before) comeBack(pane);
  else if (active === document.body && focused) document.getElementById(focused)?.focus();
}

function focusIn(modal, isNew, focused) {
  const active = document.activeElement;
  const wrong = one("[aria-invalid=true]", modal);
  if (isNew) (one("[autofocus]", modal) ?? one(`.body :is(${FIELDS})`, modal) ?? one("footer button", modal)).focus();
  else if (wrong && submitted === modal.id) wrong.focus();
  else if (!modal.contains(active)) (all("[id]", modal).find((each) => each.id === focused) ?? modal).focus();
  if (wrong) submitted = undefined;
}

function comeBack(pane) {
  const before = outside.get(pane);
  const isThere = before?.isConnected && before.checkVisibility({ visibilityProperty: true });
  (isThere ? before : one(".composer textarea", pane) ?? one(".side a", pane))?.focus();
}

function keepInside(modal, event) {
  const stops = all(STOPS, modal).filter((stop) => stop.checkVisibility());
  const [first, last] = [stops[0], stops.at(-1)];
  if (document.activeElement !== (event.shiftKey ? first : last) && document.activeElement !== modal) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}

// ---- What people do --------------------------------------------------------------------------------------------

const TROUBLE = "We had some trouble connecting. Try again?";

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.ok ? await answer.json() : unheard(await answer.text());
  } catch {
    return unheard(TROUBLE);
  }
}

// What the workspace refuses it shows itself. What never reached it, or broke there, only the page can tell.
function unheard(words) {
  say(words || TROUBLE);
  return { error: words };
}

async function act(pane, what) {
  flush();
  await sending;
  return post("/page/act", { as: pane.dataset.as, ...what });
}

// What is put into fields arrives in that order, and before anything else that is done.
let sending = Promise.resolve();

function put(field, kind, value) {
  flush();
  const what = { as: paneOf(field).dataset.as, act: kind, ...spotOf(field), value };
  sending = sending.then(() => post("/page/act", what));
}

async function busy(button, doing) {
  button.setAttribute("aria-busy", "true");
  const answer = await doing;
  button.removeAttribute("aria-busy");
  return answer;
}

// The view or the message something stands on, and the conversation.
function surfaceOf(element) {
  const view = element.closest("[data-view]")?.dataset.view;
  const { channel, ts } = element.closest("[data-ts], [data-channel]")?.dataset ?? {};
  return view ? { view } : { channel, ts };
}

const spotOf = (element) => ({ ...surfaceOf(element), block: element.dataset.blockId, action: element.dataset.actionId });

async function press(button) {
  const { confirm, url, value } = button.dataset;
  if (confirm && !(await confirmed(JSON.parse(confirm)))) return;
  if (url) window.open(url, "_blank", "noopener");
  button.closest("details")?.removeAttribute("open");
  await busy(button, act(paneOf(button), { act: "press", ...spotOf(button), value }));
}

function confirmed(question) {
  const dialog = one("#confirm");
  for (const part of ["title", "text", "confirm", "deny"]) one(`#confirm-${part}`).textContent = question[part];
  one("#confirm-confirm").className = question.style;
  dialog.returnValue = "deny";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "confirm"), { once: true });
  });
}

function choose(field) {
  const ticked = all(`input[name="${CSS.escape(field.name)}"]:checked`, paneOf(field));
  let { value } = field;
  if (field.type === "checkbox") value = ticked.map((each) => each.value);
  if (field.multiple) value = [...field.selectedOptions].map((each) => each.value);
  put(field, "choose", value);
}

const typed = new Set(); // fields of which the server does not know yet what was typed
let soon;

function type(field) {
  typed.add(field);
  clearTimeout(soon);
  soon = setTimeout(flush, 250);
}

function flush() {
  for (const field of typed) {
    typed.delete(field);
    if (field.isConnected) put(field, "type", field.value);
  }
}

function tellOnEnter(field) {
  typed.delete(field);
  put(field, "enter", field.value);
}

function submit(modal) {
  const button = one("footer [type=submit]", modal);
  if (button?.disabled === false && !button.hasAttribute("aria-busy")) {
    submitted = modal.id;
    busy(button, act(paneOf(modal), { act: "submit", view: modal.dataset.view }));
  }
}

// ---- Lists one moves in with the arrow keys: what a searched menu offers, and the commands ----------------------

const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
const offered = (list) => all("[role=option]", list).filter((option) => !option.hidden);
const pointed = (list) => one("[aria-selected=true]", list);

function open(input, isOpen) {
  const list = listOf(input);
  if (!list) return;
  list.hidden = !isOpen;
  input.setAttribute("aria-expanded", isOpen);
  if (isOpen) list.scrollIntoView({ block: "nearest" });
  else point(input);
}

function point(input, option) {
  const list = listOf(input);
  all("[aria-selected]", list).forEach((each) => each.removeAttribute("aria-selected"));
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function move(input, step) {
  const options = offered(listOf(input));
  point(input, options.at((options.indexOf(pointed(listOf(input))) + step) % options.length));
}

const fieldOf = (element) => element.closest("[data-act=search]");
const chipsIn = (field) => all(".chip", field).map((chip) => chip.dataset.value);

async function offer(input) {
  const { value } = input;
  const answer = await act(paneOf(input), { act: "search", ...spotOf(fieldOf(input)), value });
  if (input.value !== value || document.activeElement !== input) return;
  const list = listOf(input);
  list.replaceChildren(...(answer.options ?? []).map((option, n) => drawn(option, `${list.id}-${n}`)));
  if (answer.note) list.append(Object.assign(document.createElement("li"), { className: "note", textContent: answer.note }));
  open(input, true);
  if (value) point(input, offered(list)[0]);
}

function drawn(option, id) {
  const item = Object.assign(document.createElement("li"), { id, role: "option", innerHTML: option.html });
  item.dataset.value = option.value;
  return item;
}

function pick(input, option) {
  const field = fieldOf(input);
  const { value } = option.dataset;
  const isMulti = "multi" in field.dataset;
  input.value = "";
  open(input, false);
  put(field, "choose", isMulti ? [...new Set([...chipsIn(field), value])] : value);
}

function unpick(chip) {
  const field = fieldOf(chip);
  const rest = chipsIn(field).filter((value) => value !== chip.dataset.value);
  one("input", field).focus();
  put(field, "choose", rest);
}

function searchKey(input, { key }) {
  const isOpen = !listOf(input).hidden;
  const chip = all(".chip", fieldOf(input)).at(-1);
  if (key in STEPS && isOpen) move(input, STEPS[key]);
  else if (key in STEPS) offer(input);
  else if (key === "Enter" && isOpen && pointed(listOf(input))) pick(input, pointed(listOf(input)));
  else if (key === "Escape" && isOpen) open(input, false);
  else if (key === "Backspace" && !input.value && chip) unpick(chip);
  else return key === "Enter";
  return true;
}

// ---- The composer: Enter sends, Shift+Enter begins a line, / lists the commands ---------------------------------

const drafts = new Map(); // id of a composer -> what was begun there

function offerCommands(input) {
  const list = listOf(input);
  drafts.set(input.id, input.value);
  if (!list) return;
  const commands = all("[role=option]", list);
  const known = commands.find(({ dataset }) => input.value.startsWith(`${dataset.command} `));
  for (const each of commands) each.hidden = !each.dataset.command.startsWith(input.value);
  const isOpen = input.value.startsWith("/") && offered(list).length > 0;
  open(input, isOpen);
  if (isOpen) point(input, offered(list)[0]);
  const hint = one(".hint span", input.form);
  hint.textContent = known ? `${known.dataset.command} ${known.dataset.hint}` : "";
}

function complete(input, option) {
  input.value = `${option.dataset.command} `;
  input.focus();
  offerCommands(input);
}

function composerKey(input, event) {
  const { key, shiftKey } = event;
  const list = listOf(input);
  const option = list && !list.hidden && pointed(list);
  if (option && key in STEPS) move(input, STEPS[key]);
  else if (option && !shiftKey && (key === "Tab" || (key === "Enter" && option.dataset.command !== input.value))) complete(input, option);
  else if (option && key === "Escape") open(input, false);
  else if (key === "Enter" && !shiftKey && !event.isComposing) send(input.form);
  else return false;
  return true;
}

async function send(form) {
  const input = one("textarea", form);
  const text = input.value;
  const { channel, reply } = form.dataset;
  if (!text.trim()) return;
  input.value = "";
  offerCommands(input);
  const kind = text.startsWith("/") ? "slash" : "say";
  const answer = await act(paneOf(form), { act: kind, channel, text, thread: reply });
  if (answer.error && !input.value) input.value = text; // nothing typed is lost
}

// ---- Around the panes ------------------------------------------------------------------------------------------

function turnDrawer(pane, button = one("[data-drawer-of]", pane)) {
  const isOpen = pane.toggleAttribute("data-drawer");
  button.setAttribute("aria-expanded", isOpen);
  (isOpen ? one(".side a", pane) : button).focus();
}

function turnTraffic() {
  const drawer = one("#traffic-drawer");
  drawer.hidden = !drawer.hidden;
  one("#show-traffic").setAttribute("aria-expanded", !drawer.hidden);
  one(drawer.hidden ? "#show-traffic" : "#hide-traffic").focus();
  tellLook();
}

async function showEntry(entry) {
  const answer = await fetch(`/page/traffic/${entry.dataset.entry}`);
  one("pre", entry).textContent = await answer.text();
}

function turnTheme() {
  const root = document.documentElement;
  const isDark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; SameSite=Strict; max-age=31536000`;
}

function showStep(number) {
  for (const step of all("[data-step]")) {
    const isOpen = step.dataset.step === number && step.getAttribute("aria-expanded") !== "true";
    step.setAttribute("aria-expanded", isOpen);
    one(`#step-${step.dataset.step}`).hidden = !isOpen;
  }
  sessionStorage.setItem("step", number);
}

// A step often leads to another page; it stays open there.
function goOnWithStep() {
  const step = one(`[data-step="${sessionStorage.getItem("step")}"][aria-expanded="false"]`);
  if (step) showStep(step.dataset.step);
}

// A step acts for somebody, whose form may stand there half filled in: until it is done, the panes can't be pressed.
async function run(button) {
  const panes = one(".panes");
  panes.inert = true;
  const answer = await busy(button, post(button.dataset.run, {}));
  if (answer.go && answer.go !== address()) return depart(() => location.assign(answer.go));
  panes.inert = one("[data-run][aria-busy]") !== null;
  const modal = answer.go && one("[role=dialog]", panes);
  if (modal) focusIn(modal, true);
  return say(answer.said ?? answer.error);
}

let saidFor;
function say(words) {
  const line = one("#said");
  line.textContent = words;
  line.hidden = !words;
  clearTimeout(saidFor);
  saidFor = setTimeout(() => (line.hidden = true), 8000);
}

function copy({ dataset }) {
  navigator.clipboard.writeText(dataset.copy).then(() => say("Link copied."), () => say(dataset.copy));
}

function visit(pane, link, event) {
  const url = new URL(link.href);
  if (url.origin !== location.origin || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.dataset.in) go(pane, { in: link.dataset.in, thread: "" });
  else if (url.pathname.startsWith("/archives/")) follow(pane, url);
  else return;
  event.preventDefault();
}

// ---- Listening -------------------------------------------------------------------------------------------------

const CLICKS = [
  ["a[href]", (link, pane, event) => visit(pane, link, event)],
  [".mention[data-channel]", (name, pane) => go(pane, { in: name.dataset.channel, thread: "" })],
  ["[data-act=press]", press],
  [".chip", unpick],
  ["[data-act=search] input", offer],
  ["[data-act=search] [role=option]", (option) => pick(one("input", fieldOf(option)), option)],
  [".commands [role=option]", (option) => complete(one("textarea", option.closest("form")), option)],
  ["[data-do]", (button, pane) => busy(button, act(pane, { act: button.dataset.do, name: button.dataset.name, ...surfaceOf(button) }))],
  ["button[data-thread]", (button, pane) => openThread(pane, button.dataset.thread)],
  ["[data-copy]", copy],
  ["[data-run]", run],
  ["[data-step]", ({ dataset }) => showStep(dataset.step)],
  ["[data-drawer-of]", (button, pane) => turnDrawer(pane, button)],
  ["#show-traffic, #hide-traffic", turnTraffic],
  ["#turn-theme", turnTheme],
  ["#show-tools", (button) => button.setAttribute("aria-expanded", button.ariaExpanded !== "true")],
];

document.addEventListener("click", (event) => {
  const { target } = event;
  const pane = paneOf(target) ?? one(".pane");
  if (target.closest("[role=menuitem]")) target.closest("[popover]")?.hidePopover();
  if (pane.hasAttribute("data-drawer") && !target.closest(".side, [data-drawer-of]")) turnDrawer(pane);
  all("details.overflow[open]").forEach((menu) => menu.contains(target) || menu.removeAttribute("open"));
  const [selector, does] = CLICKS.find(([each]) => target.closest(each)) ?? [];
  does?.(target.closest(selector), pane, event);
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("dialog form")) return;
  event.preventDefault();
  (event.target.matches(".composer") ? send : submit)(event.target);
});

let asking;
document.addEventListener("input", ({ target }) => {
  if (target.matches(".composer textarea")) offerCommands(target);
  if (target.matches("[data-act=type]")) type(target);
  if (!target.matches("[role=combobox]") || !fieldOf(target)) return;
  clearTimeout(asking);
  asking = setTimeout(() => offer(target), 120);
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-act-as]")) go(paneOf(target), { as: target.value, thread: "" });
  if (target.matches("[data-act=choose]")) choose(target);
});

document.addEventListener("focusin", ({ target }) => {
  const pane = paneOf(target);
  if (pane && !target.closest("[role=dialog]")) outside.set(pane, target);
});

document.addEventListener("focusout", ({ target }) => {
  const close = () => target !== document.activeElement && open(target, false);
  if (target.matches("[role=combobox]")) setTimeout(close, 150); // a click on the list comes first
});

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const modal = target.closest("[role=dialog]");
  const menu = target.closest("[role=menu]");
  if (target.matches(".composer textarea") && composerKey(target, event)) return event.preventDefault();
  if (target.matches("[role=combobox]") && fieldOf(target) && searchKey(target, event)) return event.preventDefault();
  if (menu && key in STEPS) return moveIn(menu, event);
  if (key === "Tab" && modal) keepInside(modal, event);
  if (key === "Escape") leave(target, modal, event);
  if (key === "Enter") enter(target, modal, event);
  return undefined;
});

// In a field that tells the app, Enter tells it; elsewhere in a form the browser submits. Ctrl+Enter always submits.
function enter(target, modal, event) {
  const submits = modal && (event.ctrlKey || event.metaKey);
  const tells = !submits && target.matches("input[data-dispatch-on~=enter]");
  if (submits || tells) event.preventDefault();
  if (submits) submit(modal);
  if (tells) tellOnEnter(target);
}

function moveIn(menu, event) {
  const items = all("[role=menuitem]", menu);
  items.at((items.indexOf(document.activeElement) + STEPS[event.key]) % items.length).focus();
  event.preventDefault();
}

function leave(target, modal, event) {
  const pane = paneOf(target) ?? one(".pane");
  if (one(":popover-open, dialog[open]")) return; // the browser closes these
  if (target.closest("details.overflow[open]")) target.closest("details").removeAttribute("open");
  else if (modal) act(pane, { act: "close", view: modal.dataset.view });
  else if (pane.hasAttribute("data-drawer")) turnDrawer(pane);
  else if (pane.dataset.thread) openThread(pane, "");
  else if (!one("#traffic-drawer").hidden) turnTraffic();
  else return;
  event.preventDefault();
}

// A menu stands beside its button, within the window.
document.addEventListener("toggle", ({ target, newState }) => {
  if (newState !== "open") return;
  if (target.matches("[data-entry]")) showEntry(target);
  if (!target.matches("[popover]")) return;
  const button = one(`[popovertarget="${CSS.escape(target.id)}"]`).getBoundingClientRect();
  const { width, height } = target.getBoundingClientRect();
  const top = button.bottom + 4 + height < innerHeight ? button.bottom + 4 : button.top - height - 4;
  target.style.left = `${Math.max(8, Math.min(button.left, innerWidth - width - 8))}px`;
  target.style.top = `${Math.max(8, top)}px`;
  one("[role=menuitem]", target).focus();
}, true);

connect();
goOnWithStep();
all(".pane").forEach((pane) => pane.dataset.in === "home" && act(pane, { act: "home" }));
