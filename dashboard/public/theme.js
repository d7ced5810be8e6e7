// Before the first paint, and a file of its own because the CSP forbids inline scripts.
try {
  const theme = localStorage.getItem("bailiwick.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden: follow the system.
}
