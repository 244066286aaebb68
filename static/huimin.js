// The desk stays hidden until its scripts are ready, and a browser gives no focus to what is hidden:
// give it then to the field that asks for it, unless somebody has begun elsewhere.
document.addEventListener("alpine:initialized", () => {
  requestAnimationFrame(() => {
    const field = document.querySelector("[autofocus]");
    if (field && (document.activeElement === document.body || !document.activeElement)) field.focus();
  });
});

// Unfold shows the name of a chosen file in the first text field it finds nearby. On the desk that field is another
// one, whose value it would overwrite: it is told that somebody listens already.
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll(".hm input[type=file]")) input.hasChangeListener = true;
});

// A row of boxes is one stop of the Tab key, like a row of radio buttons; arrows walk along it, a blank ticks.
(() => {
  const boxes = (row) => [...row.querySelectorAll("input[type=checkbox]")];
  document.addEventListener("DOMContentLoaded", () => {
    for (const row of document.querySelectorAll(".hm-seen")) for (const box of boxes(row).slice(1)) box.tabIndex = -1;
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const row = step && event.target instanceof Element && event.target.closest(".hm-seen");
    if (!row) return;
    event.preventDefault();
    const all = boxes(row);
    all[(all.indexOf(event.target) + step + all.length) % all.length].focus();
  });
})();

// Choosing by typing (office/area_choice.py): the list below the field answers to the keyboard as a choice does.
// Without this script the field is plain text, and the office finds what is meant by it.
(() => {
  const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
  const options = (input) => [...listOf(input).querySelectorAll("[role=option]")];
  const chosen = (input) => options(input).find((one) => one.getAttribute("aria-selected") === "true");
  const show = (input, open) => {
    listOf(input).hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) input.removeAttribute("aria-activedescendant");
  };
  const point = (input, option) => {
    for (const one of options(input)) one.setAttribute("aria-selected", String(one === option));
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const take = (input, option) => {
    input.value = option.dataset.value;
    input.dataset.choice = "taken";
    show(input, false);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const field = (target) => (target instanceof Element ? target.closest("input[data-choice]") : null);

  document.addEventListener("keydown", (event) => {
    const input = field(event.target);
    if (!input || event.isComposing) return;
    const open = !listOf(input).hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return void htmx.trigger(input, "ask");
      const all = options(input);
      const step = event.key === "ArrowDown" ? 1 : -1;
      point(input, all[(all.indexOf(chosen(input)) + step + all.length) % all.length]);
    } else if (event.key === "Enter" && open && chosen(input)) {
      event.preventDefault();
      take(input, chosen(input));
    } else if (event.key === "Tab" && open && chosen(input)) {
      take(input, chosen(input));
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      show(input, false);
    }
  });
  document.addEventListener("focusin", (event) => field(event.target)?.select());
  document.addEventListener("focusout", (event) => field(event.target) && show(event.target, false));
  document.addEventListener("input", (event) => {
    if (field(event.target)) event.target.dataset.choice = "typed";
  });
  // A press on the list must not take the focus out of the field before it is a choice.
  document.addEventListener("mousedown", (event) => {
    if (event.target instanceof Element && event.target.closest(".hm-options")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const option = event.target instanceof Element && event.target.closest(".hm-options [role=option]");
    if (option) take(option.closest(".hm-choice").querySelector("input"), option);
    else if (field(event.target)?.value === "" && listOf(event.target).hidden) htmx.trigger(event.target, "ask");
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!(event.target instanceof Element) || !event.target.matches(".hm-options")) return;
    const input = event.target.closest(".hm-choice").querySelector("input");
    if (document.activeElement === input) {
      if (input.dataset.choice === "taken") return;
      show(input, true);
      if (chosen(input)) point(input, chosen(input));
    } else if (input.dataset.choice === "typed" && options(input).length === 1) {
      take(input, options(input)[0]); // whoever typed on faster than the answer came
    }
  });
})();
