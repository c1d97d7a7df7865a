import { useCallback, useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';
const THEME_ITEM = 'fovea-theme'; // public/theme.js reads it before the first paint

const darkPreferred = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

function subscribe(onChange: () => void): () => void {
  const system = darkPreferred();
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  system.addEventListener('change', onChange);
  return () => {
    observer.disconnect();
    system.removeEventListener('change', onChange);
  };
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return darkPreferred().matches ? 'dark' : 'light';
}

/** The theme in use, the system's unless chosen, and a switch that is remembered. */
export function useTheme(): [theme: Theme, toggle: () => void] {
  const theme = useSyncExternalStore(subscribe, currentTheme);
  const toggle = useCallback(() => {
    const next = currentTheme() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    try {
      localStorage.setItem(THEME_ITEM, next);
    } catch {
      // Storage may be forbidden: the choice lasts as long as the page.
    }
  }, []);
  return [theme, toggle];
}
