/* The page around the chat: asks for a key where the server wants one. */
(() => {
  "use strict";
  const PLACE = "frontdesk-page key";
  const chat = document.querySelector("frontdesk-chat");
  const form = document.querySelector("#key");
  const input = document.querySelector("#secret");
  const stored = () => {
    try {
      return sessionStorage.getItem(PLACE);
    } catch {
      return null;
    }
  };
  if (stored()) chat.apiKey = stored();
  chat.addEventListener("frontdesk-unauthorized", () => {
    if (!form.hidden) return;
    form.hidden = false;
    input.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    chat.apiKey = input.value.trim();
    try {
      sessionStorage.setItem(PLACE, chat.apiKey);
    } catch {
      /* Storage is closed: the key holds until the page is left. */
    }
    input.value = "";
    form.hidden = true;
    chat.resend();
  });
})();
