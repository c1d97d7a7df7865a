import { createContext, use, useMemo, useState, type ReactNode } from 'react';

interface Attended {
  /** The map that lies over the picture: where the model looked for the word that is pointed at. */
  readonly url: string | undefined;
  attend(url: string | undefined): void;
}

const AttendedContext = createContext<Attended>({ url: undefined, attend: () => undefined });

/** Lets the words beside a picture show on it where the model looked. */
export function AttendedProvider({ children }: { children: ReactNode }) {
  const [url, attend] = useState<string>();
  const attended = useMemo(() => ({ url, attend }), [url]);
  return <AttendedContext value={attended}>{children}</AttendedContext>;
}

/** What is attended to; nothing, ever, outside of a provider. */
export const useAttended = (): Attended => use(AttendedContext);
