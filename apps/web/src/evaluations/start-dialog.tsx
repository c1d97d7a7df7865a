import { DATASET_FORMATS, type DatasetFormat, type Task, type TaskInfo } from '@fovea/contracts';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { useStartEvaluation } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useTasks } from '../api/queries.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './start-dialog.module.css';

const FORMATS: Readonly<Record<DatasetFormat, string>> = {
  coco: 'COCO: annotations and pictures',
  voc: 'Pascal VOC: Annotations, JPEGImages',
  yolo: 'YOLO: data.yaml, images, labels',
  imagenet: 'Folders: one a class',
  mnist: 'MNIST: idx files',
  cifar10: 'CIFAR-10: binary batches',
  captions: 'Captions: captions.json, images',
  daquar: 'DAQUAR: questions.json, pictures',
};
/** The tasks whose results are compared with labels. */
const MEASURED: readonly Task[] = [
  'detection',
  'segmentation',
  'semantic-segmentation',
  'pose',
  'classification',
  'embedding',
  'caption',
  'vqa',
];

/** Asks what to measure on what, and starts the job. */
export function StartDialog({ onClose }: { onClose: () => void }) {
  const tasks = (useTasks().data ?? []).filter(({ task }) => MEASURED.includes(task));
  const [name, setName] = useState<Task>('detection');
  const task: TaskInfo | undefined = tasks.find((each) => each.task === name) ?? tasks[0];
  const start = useStartEvaluation();
  const navigate = useNavigate();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!task) return;
    const data = new FormData(event.currentTarget);
    const text = (key: string): string => String(data.get(key) ?? '').trim();
    const limit = Number(text('limit'));
    start.mutate(
      {
        task: task.task,
        dataset: {
          format: text('format') as DatasetFormat,
          folder: text('folder'),
          ...(text('split') ? { split: text('split') } : {}),
        },
        ...(text('model') ? { model: text('model') } : {}),
        ...(limit > 0 ? { limit } : {}),
      },
      { onSuccess: () => void navigate('/jobs') },
    );
  };
  return (
    <Dialog
      title="New evaluation"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="start-evaluation" disabled={start.isPending || !task}>
            {start.isPending ? 'Starting' : 'Start'}
          </Button>
        </>
      }
    >
      <form id="start-evaluation" className={styles['form']} onSubmit={submit}>
        <label className={field['field']}>
          Task
          <select
            className={field['input']}
            value={task?.task}
            onChange={({ target }) => setName(target.value as Task)}
          >
            {tasks.map((each) => (
              <option key={each.task} value={each.task}>
                {each.title}
              </option>
            ))}
          </select>
        </label>
        <label className={field['field']}>
          Model
          <select key={task?.task} className={field['input']} name="model">
            {task?.models[0]?.choices.map((id) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
        <label className={field['field']}>
          Format
          <select
            key={`${task?.task} format`}
            className={field['input']}
            name="format"
            defaultValue={task?.task === 'classification' ? 'imagenet' : 'coco'}
          >
            {DATASET_FORMATS.map((format) => (
              <option key={format} value={format}>
                {FORMATS[format]}
              </option>
            ))}
          </select>
        </label>
        <label className={field['field']}>
          Folder on the server
          <input
            className={field['input']}
            name="folder"
            required
            placeholder="/data/coco"
            spellCheck={false}
            autoComplete="off"
            aria-describedby="folder-note"
          />
          <span id="folder-note" className={field['note']}>
            It must lie under FOVEA_IMPORT_ROOTS, a setting of the server.
          </span>
        </label>
        <div className={styles['pair']}>
          <label className={field['field']}>
            Split (optional)
            <input className={field['input']} name="split" placeholder="val2017" autoComplete="off" />
          </label>
          <label className={field['field']}>
            Pictures at most (optional)
            <input className={field['input']} name="limit" type="number" min={1} placeholder="all" />
          </label>
        </div>
      </form>
      {start.isError && <ProblemCard problem={toShownProblem(start.error)} />}
    </Dialog>
  );
}
