import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { useSession } from './session.tsx';

/** An authorised fetch for addresses outside the SDK's methods (`links.input`, overlays). */
export async function fetchBlob(
  url: string,
  apiKey: string | undefined,
  signal: AbortSignal | null = null,
): Promise<Blob> {
  const response = await fetch(url, {
    headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
    signal,
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.blob();
}

/** The address to put into `<img src>`: as it is, or fetched with the key, which an `<img>` cannot send. */
export function useImageUrl(url: string | undefined): { src: string | undefined; failed: boolean } {
  const { apiKey } = useSession();
  const needsKey =
    apiKey !== undefined && url !== undefined && !url.startsWith('blob:') && !url.startsWith('data:');
  const { data, isError } = useQuery({
    queryKey: ['blob', url],
    queryFn: () => fetchBlob(url ?? '', apiKey),
    enabled: needsKey,
    staleTime: Infinity,
  });
  const [objectUrl, setObjectUrl] = useState<string>();
  useEffect(() => {
    if (!data) return;
    const created = URL.createObjectURL(data);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- an object URL must be made and revoked in one place
    setObjectUrl(created);
    return () => {
      URL.revokeObjectURL(created);
      setObjectUrl(undefined);
    };
  }, [data]);
  return { src: needsKey ? objectUrl : url, failed: isError };
}

interface BlobImageProps {
  url: string | undefined;
  alt: string;
  /** Shown when there is no picture: not kept, or not readable by this browser. */
  fallback: ReactNode;
  className?: string | undefined;
  /** Loaded when it comes near the screen. */
  lazy?: boolean;
  onSize?: (size: { width: number; height: number }) => void;
}

/** A picture of the server's, or what stands in its place. */
export function BlobImage({ url, alt, fallback, className, lazy, onSize }: BlobImageProps) {
  const { src, failed } = useImageUrl(url);
  const [broken, setBroken] = useState<string>();
  if (url === undefined || failed || (src !== undefined && broken === src)) return fallback;
  if (src === undefined) return null;
  return (
    <img
      src={src}
      alt={alt}
      className={className}
      decoding="async"
      loading={lazy ? 'lazy' : undefined}
      draggable={false}
      onError={() => setBroken(src)}
      onLoad={({ currentTarget: image }) =>
        onSize?.({ width: image.naturalWidth, height: image.naturalHeight })
      }
    />
  );
}
