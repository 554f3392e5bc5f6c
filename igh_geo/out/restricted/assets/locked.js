(function () {
"use strict";
const element = (id) => document.getElementById(id);
const isAble = window.crypto && window.crypto.subtle && window.DecompressionStream;
if (!isAble) {
  window.igh_ready = true;
  return;
}
const form = element("form");
const field = element("passphrase");
const said = element("said");
const busy = element("busy");
const button = form.querySelector("button");
// The header is authenticated too: its text, sign by sign.
const header = element("header").textContent;
const facts = JSON.parse(header);

function bytesOf(text) {
  const signs = atob(text);
  const bytes = new Uint8Array(signs.length);
  // Of megabytes: several times as fast as Uint8Array.from with a function.
  for (let i = 0; i < signs.length; i += 1) bytes[i] = signs.charCodeAt(i);
  return bytes;
}

async function opened(passphrase) {
  const encoder = new TextEncoder();
  const given = await crypto.subtle.importKey(
    "raw", encoder.encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(facts.salt), iterations: facts.iterations };
  const key = await crypto.subtle.deriveKey(
    way, given, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const lock = {
    name: "AES-GCM", iv: bytesOf(facts.nonce), additionalData: encoder.encode(header), tagLength: 128,
  };
  const packed = await crypto.subtle.decrypt(lock, key, bytesOf(element("locked").textContent));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// The policy of this page, which stays, knows the parts of the page inside by this mark; the page
// inside has a policy by hash besides, and must meet both.
function marked(page) {
  return page
    .replaceAll("<script>", () => `<script nonce="${facts.mark}">`)
    .replaceAll("<style>", () => `<style nonce="${facts.mark}">`);
}

function waiting(is) {
  button.disabled = is;
  field.readOnly = is;
  busy.textContent = is ? busy.dataset.busy : "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.textContent = "";
  const passphrase = field.value.trim();
  if (!passphrase) {
    said.textContent = said.dataset.empty;
    field.focus();
    return;
  }
  waiting(true);
  let page;
  try {
    page = await opened(passphrase);
  } catch (error) {
    waiting(false);
    said.textContent = said.dataset.wrong;
    field.select();
    return;
  }
  delete window.igh_ready;
  // Written over this page, not put in a frame: address, printing and search stay what they are.
  document.open();
  document.write(marked(page));
  document.close();
});
element("show").addEventListener("change", (event) => {
  field.type = event.target.checked ? "text" : "password";
});
element("unsupported").hidden = true;
form.hidden = false;
field.focus();
window.igh_ready = true;
})();
