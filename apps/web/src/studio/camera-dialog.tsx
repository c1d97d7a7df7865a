import { useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from './camera-dialog.module.css';

interface CameraDialogProps {
  onClose: () => void;
  onPhoto: (file: File) => void;
}

/** The camera's picture, live, and a button that takes it. */
export function CameraDialog({ onClose, onPhoto }: CameraDialogProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [live, setLive] = useState(false);
  const [failure, setFailure] = useState<string>();

  useEffect(() => {
    let stream: MediaStream | undefined;
    let gone = false;
    const stop = (): void => stream?.getTracks().forEach((track) => track.stop());
    openCamera()
      .then((opened) => {
        stream = opened;
        if (gone) return stop();
        if (video.current) video.current.srcObject = opened;
      })
      .catch((error: unknown) => setFailure(whyNoCamera(error)));
    return () => {
      gone = true;
      stop();
    };
  }, []);

  const take = async (): Promise<void> => {
    const source = video.current;
    if (!source) return;
    const canvas = document.createElement('canvas');
    canvas.width = source.videoWidth;
    canvas.height = source.videoHeight;
    canvas.getContext('2d')?.drawImage(source, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
    if (blob) onPhoto(new File([blob], 'camera.jpg', { type: 'image/jpeg' }));
  };

  return (
    <Dialog
      title="Camera"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" icon="camera" disabled={!live} onClick={() => void take()}>
            Take the picture
          </Button>
        </>
      }
    >
      {failure ? (
        <p role="alert">{failure}</p>
      ) : (
        <video
          ref={video}
          className={styles['video']}
          autoPlay
          muted
          playsInline
          aria-label="Live picture of the camera"
          onPlaying={() => setLive(true)}
        />
      )}
    </Dialog>
  );
}

async function openCamera(): Promise<MediaStream> {
  // Undefined outside of a secure context, whatever its type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new DOMException('no mediaDevices', 'SecurityError');
  return devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 } }, audio: false });
}

function whyNoCamera(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'The browser was not allowed to use the camera. Allow it in the address bar and open this again.';
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return 'No camera is connected to this device.';
  if (name === 'SecurityError') return 'Browsers give the camera only to pages on localhost or over https.';
  if (name === 'NotReadableError') return 'Another program is using the camera.';
  return `The camera could not be opened: ${error instanceof Error ? error.message : String(error)}`;
}
