import { Link, useLocation } from 'react-router';
import { useHealth, useModels } from '../api/queries.ts';
import { useSession } from '../api/session.tsx';
import { classes } from '../format.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './header.module.css';
import { useTheme } from './theme.ts';

/** Where a page is, its name, and the first parts of the addresses below it. */
const PAGES = [
  ['/', 'Studio', ['', 'studio']],
  ['/catalog', 'Catalog', ['catalog']],
  ['/ask', 'Ask', ['ask']],
  ['/collections', 'Collections', ['collections']],
  ['/models', 'Models', ['models']],
  ['/evaluations', 'Evaluations', ['evaluations']],
  ['/jobs', 'Jobs', ['jobs']],
] as const satisfies [path: string, name: string, sections: readonly string[]][];

/** On a phone the names of the pages scroll: the one that is open must be seen. */
const intoView = (link: HTMLElement | null): void =>
  link?.scrollIntoView?.({ block: 'nearest', inline: 'center' });

export function Header() {
  const [theme, toggleTheme] = useTheme();
  const { apiKey, setApiKey } = useSession();
  const section = useLocation().pathname.split('/')[1] ?? '';
  return (
    <header className={styles['header']}>
      <div className={styles['bar']}>
        <Link to="/" className={styles['brand']} aria-label="Fovea, home">
          <svg aria-hidden="true" viewBox="0 0 32 32" width="26" height="26">
            <circle cx="16" cy="16" r="13" fill="none" stroke="currentColor" strokeWidth="3" />
            <circle cx="16" cy="16" r="5" fill="currentColor" />
          </svg>
          <span>Fovea</span>
        </Link>
        <nav aria-label="Pages" className={styles['nav']}>
          {PAGES.map(([path, name, sections]) => (
            <Link
              key={path}
              ref={sections.some((part) => part === section) ? intoView : undefined}
              to={path}
              className={styles['link']}
              aria-current={sections.some((part) => part === section) ? 'page' : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
        <div className={styles['tools']}>
          <DeviceBadge />
          {apiKey !== undefined && (
            <IconButton icon="key" label="Forget the API key" onClick={() => setApiKey(undefined)} />
          )}
          <IconButton
            icon={theme === 'dark' ? 'sun' : 'moon'}
            label={theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'}
            onClick={toggleTheme}
          />
        </div>
      </div>
    </header>
  );
}

/** The device that runs the models, and whether the server is ready. */
function DeviceBadge() {
  const models = useModels();
  const health = useHealth();
  const device = models.data?.device;
  const ready = health.data?.status === 'ok';
  const known = health.data !== undefined || health.isError;
  const failing = Object.entries(health.data?.checks ?? {}).filter(([, check]) => !check.ok);
  const state = !known ? 'Checking' : ready ? 'Ready' : 'Not ready';
  const title = failing.map(([name, check]) => `${name}: ${check.detail ?? 'not ready'}`).join('\n');
  return (
    <Link to="/models" className={styles['device']} title={title || device?.name}>
      <span className={classes(styles['dot'], known && (ready ? styles['ready'] : styles['failing']))} />
      <span className={ready ? 'visually-hidden' : undefined} role="status">
        {state}
      </span>
      <span className={styles['chip']}>
        <Icon name="chip" size={16} />
      </span>
      <span className={styles['deviceName']}>{device ? device.id.toUpperCase() : '···'}</span>
      {device && <span className="visually-hidden">, {device.name}</span>}
    </Link>
  );
}
