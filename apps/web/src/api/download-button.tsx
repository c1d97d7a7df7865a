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

interface DownloadButtonProps {
  label: string;
  fileName: string;
  /** An address of the server (`large`: handed to the browser as it comes, where no API key is needed), or JSON. */
  source: { url: string; large?: true } | { json: unknown };
}

/** Saves a file; by script, because a plain link cannot carry the API key. */
export function DownloadButton({ label, fileName, source }: DownloadButtonProps) {
  const { apiKey } = useSession();
  const [failure, setFailure] = useState<string>();
  const save = async (): Promise<void> => {
    setFailure(undefined);
    try {
      if ('json' in source)
        saveBlob(new Blob([JSON.stringify(source.json, null, 2)], { type: 'application/json' }), fileName);
      else if (source.large && apiKey === undefined) saveFrom(source.url, fileName);
      else saveBlob(await fetchBlob(source.url, apiKey), fileName);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <Button icon="download" onClick={() => void save()} aria-label={`Download ${label}`}>
        {label}
      </Button>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}
