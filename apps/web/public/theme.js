// Applied before the first paint, so that a remembered theme does not flash; src/shell/theme.ts changes it later.
try {
  const theme = localStorage.getItem('fovea-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden: the system's preference stays.
}
