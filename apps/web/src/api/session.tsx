import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Fovea } from '@fovea/sdk';
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { isCode } from './problem.ts';

const KEY_ITEM = 'fovea-api-key';

/** The connection of this tab to its server. */
export interface Session {
  readonly fovea: Fovea;
  readonly apiKey: string | undefined;
  /** Set after the server answered UNAUTHENTICATED, until a key is given or the dialog is closed. */
  readonly keyWanted: boolean;
  /** Keeps the key for this tab (sessionStorage); undefined forgets it. */
  setApiKey(key: string | undefined): void;
  closeKeyDialog(): void;
  /** Looks at an error that no query saw. */
  notice(error: unknown): void;
}

const SessionContext = createContext<Session | null>(null);

/** The Fovea client and the API key. @throws TypeError outside of SessionProvider */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new TypeError('useSession must be called inside SessionProvider');
  return session;
}

function readKey(): string | undefined {
  try {
    return sessionStorage.getItem(KEY_ITEM) ?? undefined;
  } catch {
    return undefined;
  }
}

function writeKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(KEY_ITEM);
    else sessionStorage.setItem(KEY_ITEM, key);
  } catch {
    // Storage may be forbidden: the key lives as long as this page.
  }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  // An object: giving the same key again is a new try.
  const [given, setGiven] = useState(() => ({ apiKey: readKey() }));
  const [keyWanted, setKeyWanted] = useState(false);
  const notice = useCallback((error: unknown) => {
    if (isCode(error, 'UNAUTHENTICATED')) setKeyWanted(true);
  }, []);
  const [queries] = useState(
    () =>
      new QueryClient({
        queryCache: new QueryCache({ onError: notice }),
        mutationCache: new MutationCache({ onError: notice }),
        // The SDK retries what may pass by itself.
        defaultOptions: { queries: { retry: false, staleTime: 10_000 }, mutations: { retry: false } },
      }),
  );
  const { apiKey } = given;
  const fovea = useMemo(() => new Fovea(given.apiKey === undefined ? {} : { apiKey: given.apiKey }), [given]);
  const shown = useRef(given);
  useEffect(() => {
    if (shown.current === given) return;
    shown.current = given;
    // By now every query below holds the new client: whoever watches one asks again.
    void queries.resetQueries();
  }, [given, queries]);
  const session = useMemo<Session>(
    () => ({
      fovea,
      apiKey,
      keyWanted,
      setApiKey(key) {
        writeKey(key);
        setGiven({ apiKey: key });
        setKeyWanted(false);
      },
      closeKeyDialog: () => setKeyWanted(false),
      notice,
    }),
    [apiKey, fovea, keyWanted, notice],
  );
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </SessionContext>
  );
}
