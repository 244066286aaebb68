// The desk stays hidden until its scripts are ready, and a browser gives no focus to what is hidden:
// give it then to the field that asks for it, unless somebody has begun elsewhere.
document.addEventListener("alpine:initialized", () => {
  requestAnimationFrame(() => {
    const field = document.querySelector("[autofocus]");
    if (field && (document.activeElement === document.body || !document.activeElement)) field.focus();
  });
});
