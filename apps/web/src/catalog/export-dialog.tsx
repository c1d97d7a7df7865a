import type { ExportFormat } from '@fovea/contracts';
import type { RunFilter } from '@fovea/sdk';
import { useState } from 'react';
import { DownloadButton } from '../api/download-button.tsx';
import { useSession } from '../api/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from './export-dialog.module.css';

const FORMATS: Readonly<Record<ExportFormat, { name: string; about: string; fileName: string }>> = {
  coco: {
    name: 'COCO JSON',
    about: 'Boxes, masks and keypoints for labelling and training tools.',
    fileName: 'fovea-coco.json',
  },
  yolo: {
    name: 'YOLO labels',
    about: 'A ZIP with one text file a picture, and data.yaml for each task.',
    fileName: 'fovea-yolo.zip',
  },
  csv: {
    name: 'CSV',
    about: 'A row for everything that was found, for spreadsheets.',
    fileName: 'fovea-runs.csv',
  },
  jsonl: {
    name: 'JSON lines',
    about: 'Every run as the API answered it, one a line.',
    fileName: 'fovea-runs.jsonl',
  },
};
const NAMES = Object.keys(FORMATS) as ExportFormat[];

interface ExportDialogProps {
  filter: Omit<RunFilter, 'limit' | 'cursor'>;
  filtered: boolean;
  onClose: () => void;
}

/** All runs that the catalog shows, as a file for other tools. */
export function ExportDialog({ filter, filtered, onClose }: ExportDialogProps) {
  const { fovea } = useSession();
  const [format, setFormat] = useState<ExportFormat>('coco');
  return (
    <Dialog
      title="Export runs"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <DownloadButton
            label={FORMATS[format].name}
            fileName={FORMATS[format].fileName}
            source={{ url: fovea.runs.exportUrl(format, filter), large: true }}
          />
        </>
      }
    >
      <p>
        {filtered ? 'Every run that matches the filters' : 'Every run of the catalog'}, newest first. Pictures
        are named by their SHA-256.
      </p>
      <fieldset className={styles['formats']}>
        <legend className="visually-hidden">Format</legend>
        {NAMES.map((name) => (
          <label key={name} className={styles['format']}>
            <input
              type="radio"
              name="format"
              value={name}
              checked={format === name}
              onChange={() => setFormat(name)}
            />
            <span>
              <strong>{FORMATS[name].name}</strong>
              <span className={styles['about']}>{FORMATS[name].about}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Dialog>
  );
}
