// What a hosted page does beyond HTML: look whether a payment moved on, count down, send once, print.
(() => {
  const one = (selector) => document.querySelector(selector);

  const poll = one("[data-poll]");
  const look = async () => {
    try {
      const answer = await fetch(poll.dataset.poll, { cache: "no-store" });
      if (answer.status === 205) return location.reload();
    } catch { /* away for a moment: look again */ }
    setTimeout(look, document.hidden ? 8000 : 1500);
  };
  if (poll) setTimeout(look, 1000);

  // By the time that has passed here: the buyer's clock may be wrong, and a sandbox's may be moved.
  const until = one("[data-seconds]");
  const end = until && Date.now() + until.dataset.seconds * 1000;
  const count = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) return setTimeout(() => location.reload(), 1500);
    if (left < 3600) {
      const two = (number) => String(number).padStart(2, "0");
      until.textContent = until.dataset.left.replace("%", `${two(Math.floor(left / 60))}:${two(left % 60)}`);
    }
    setTimeout(count, 1000);
  };
  if (until) count();

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-once]")) return;
    if (event.target.dataset.sent) return event.preventDefault();
    event.target.dataset.sent = "1";
  });
  // Come back by the back button: the page of the cache is old.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const print = one("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
