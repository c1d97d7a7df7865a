import type { DeviceInfo } from '@fovea/contracts';
import { formatMs } from '../format.ts';
import { Badge } from '../ui/badge.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './device-panel.module.css';

/** The device that runs the models, and the contest that it won. */
export function DevicePanel({ device }: { device: DeviceInfo }) {
  return (
    <Panel title="Device" aside={<Badge tone="accent">{device.id.toUpperCase()}</Badge>}>
      <div className={styles['device']}>
        <div>
          <p className={styles['name']}>{device.name}</p>
          <p className={styles['reason']}>{device.reason}</p>
          {device.threads !== undefined && <p className={styles['reason']}>{device.threads} threads</p>}
        </div>
        {device.probes.length > 0 && (
          <ul aria-label="Probes" className={styles['probes']}>
            {device.probes.map((probe) => (
              <li key={probe.device}>
                <span className={styles['probe']}>{probe.device}</span>
                <span>
                  <Badge tone={probe.ok ? 'good' : 'neutral'}>{probe.ok ? 'works' : 'not used'}</Badge>
                </span>
                <span className={styles['ms']}>{probe.ms === undefined ? '' : formatMs(probe.ms)}</span>
                <span className={styles['why']}>
                  {probe.adapter && `${probe.adapter}: `}
                  {probe.reason}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}
