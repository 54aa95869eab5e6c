// What every page does with a script: without one it still works, with a button more.

document.documentElement.dataset.scripted = "";

for (const form of document.querySelectorAll("[data-language]")) {
  form.querySelector("select").addEventListener("change", () => form.requestSubmit());
}
