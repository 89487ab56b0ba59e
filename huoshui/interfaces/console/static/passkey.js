// Passkeys: a form with data-passkey asks the browser in between and sends its answer.
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const asked = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user ? { user: { ...options.user, id: bytes(options.user.id) } } : {}),
    ...(options.excludeCredentials ? { excludeCredentials: named(options.excludeCredentials) } : {}),
    ...(options.allowCredentials ? { allowCredentials: named(options.allowCredentials) } : {}),
  });
  const told = (made) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    if (made.response.getTransports) response.transports = made.response.getTransports();
    return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
  };

  const send = async (href, body, type) => {
    const answer = await fetch(href, { method: "POST", body, headers: { "Content-Type": type, Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.headers.get("X-Problem") ? decodeURIComponent(answer.headers.get("X-Problem")) : answer.statusText);
    return answer.json();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button"), problem = form.querySelector("[data-problem]");
    button.disabled = true;
    problem.hidden = true;
    try {
      const fields = new URLSearchParams(new FormData(form));
      const begun = await send(form.dataset.begin, fields, "application/x-www-form-urlencoded");
      const publicKey = asked(begun.options);
      const made = await (form.dataset.passkey === "create"
        ? navigator.credentials.create({ publicKey })
        : navigator.credentials.get({ publicKey }));
      const body = { ...Object.fromEntries(fields), id: begun.id, answer: told(made) };
      location.assign((await send(form.action, JSON.stringify(body), "application/json")).href);
    } catch (error) {
      problem.textContent = error.name === "Error" ? error.message : button.dataset.unable;
      problem.hidden = false;
      button.disabled = false;
    }
  });
})();
