// Sets the theme before the first paint; a file of its own because the content policy allows no inline script.
(function () {
  var choice = "system";
  try {
    choice = localStorage.getItem("stepwell.theme") || "system";
  } catch (error) {
    choice = "system";
  }
  var light = choice === "light" || (choice === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
})();
