import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { fetchBlob } from './blob-image.tsx';
import { useSession } from './session.tsx';

/** Hands a blob to the browser's download. */
function saveBlob(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  saveFrom(url, fileName);
  URL.revokeObjectURL(url);
}

function saveFrom(url: string, fileName: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
}

/**
 * An address of the server (`large`: handed to the browser as it comes, where no API key is needed), a value that
 * becomes a JSON file, or what makes the file when it is asked for.
 */
export type DownloadSource =
  { url: string; large?: true } | { json: unknown } | { make: () => Promise<Blob> };

interface DownloadButtonProps {
  label: string;
  /** For assistive technology; default: "Download" and the label. */
  name?: string;
  fileName: string;
  source: DownloadSource;
}

/** Saves a file; by script, because a plain link cannot carry the API key. */
export function DownloadButton({ label, name = `Download ${label}`, fileName, source }: DownloadButtonProps) {
  const { apiKey } = useSession();
  const [failure, setFailure] = useState<string>();
  const save = async (): Promise<void> => {
    setFailure(undefined);
    try {
      if ('json' in source)
        saveBlob(new Blob([JSON.stringify(source.json, null, 2)], { type: 'application/json' }), fileName);
      else if ('make' in source) saveBlob(await source.make(), fileName);
      else if (source.large && apiKey === undefined) saveFrom(source.url, fileName);
      else saveBlob(await fetchBlob(source.url, apiKey), fileName);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <Button icon="download" onClick={() => void save()} aria-label={name}>
        {label}
      </Button>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}
