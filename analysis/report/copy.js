// Copies the CSV of a table: the link beside the button holds it, so nothing is computed twice.
document.querySelectorAll("button.copy").forEach((button) => {
  button.addEventListener("click", async () => {
    const link = button.parentElement.querySelector("a[download]");
    const bytes = Uint8Array.from(atob(link.href.split(",")[1]), (c) => c.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy as CSV"; }, 1500);
  });
});
