import { Suspense, useEffect, useRef } from 'react';
import { Outlet, useLocation } from 'react-router';
import { ErrorBoundary } from './error-boundary.tsx';
import { Header } from './header.tsx';
import { IncomingProvider } from './incoming.tsx';
import { KeyDialog } from './key-dialog.tsx';
import styles from './shell.module.css';

/** What stands around every page. */
export function Shell() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const page = pathname.split('/')[1] ?? '';
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    const samePage = shown.current.split('/')[1] === page && page === 'studio';
    shown.current = pathname;
    if (samePage) return;
    // A new page begins at its top, for eyes and for screen readers.
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname, page]);
  return (
    <IncomingProvider>
      <a href="#main" className={styles['skip']}>
        Skip to the content
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <ErrorBoundary location={pathname}>
          <Suspense fallback={<div className={styles['loading']} aria-busy="true" />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      <KeyDialog />
    </IncomingProvider>
  );
}
