import { describeSettings, readSettings, type SettingLine, type Settings } from './settings.ts';

export * from './settings.ts';

/** The settings of this process: `npm start` sets INIT_CWD where it was called; relative folders mean that. */
export const loadSettings = (): Settings => readSettings(process.env, process.cwd());
export const settingLines = (settings: Settings): SettingLine[] => describeSettings(settings, process.env);
/** CI or a pipe: no colours, no progress lines. */
export const isTerminal = (): boolean => process.stdout.isTTY === true && process.env['CI'] !== 'true';
/** The environment for child processes that need some of it (native libraries read LD_LIBRARY_PATH and the like). */
export const childEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;
