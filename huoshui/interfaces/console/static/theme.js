// Sets the colour scheme before the first paint: the reader's choice, else the system's. Paper is light.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = (dark) => {
    document.documentElement.classList.toggle("dark", dark);
    document.dispatchEvent(new CustomEvent("hs:scheme"));
  };
  const apply = () => {
    const chosen = localStorage.getItem("hs-scheme");
    show(chosen ? chosen === "dark" : system.matches);
  };
  window.hsScheme = {
    flip() {
      const dark = document.documentElement.classList.contains("dark");
      localStorage.setItem("hs-scheme", dark ? "light" : "dark");
      apply();
    },
  };
  system.addEventListener("change", apply);
  addEventListener("beforeprint", () => show(false));
  addEventListener("afterprint", apply);
  apply();
})();
