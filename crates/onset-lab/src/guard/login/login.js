// Sends the token without leaving the address, whose fragment says what is to be shown. Without this script the form
// is sent as it is, and the lab opens at its start.

const form = document.querySelector("form");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("token", body.get("token").trim());
  try {
    const answer = await fetch("/login", { method: "POST", body });
    if (answer.ok) {
      history.replaceState(null, "", `/${location.hash}`);
      location.reload();
    } else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("[role=alert]")?.remove();
      document.querySelector("h1").after(page.querySelector("[role=alert]"));
      form.querySelector("input").select();
    }
  } catch {
    form.submit();
  }
});
