import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { EXIT } from '../failures.ts';
import { table } from '../table.ts';

/** `fovea start` and `fovea doctor` */
export function addSystemCommands(program: Command, cli: Cli, exit: (code: number) => void): void {
  program
    .command('start')
    .description('start the platform: API, web page and all applications')
    .action(async () => {
      await cli.installation.start();
      exit(EXIT.ok);
    });

  program
    .command('doctor')
    .description('every setting with its source, and whether all parts work; exit code 1 where one does not')
    .option('--json')
    .action(async (options: { json?: true }) => {
      const report = await cli.installation.doctor();
      const broken = report.checks.filter((check) => !check.ok);
      if (options.json) cli.terminal.line(JSON.stringify(report, null, 2));
      else {
        const { terminal } = cli;
        const rows = report.settings.map(({ env, value, source, about }) => [env, value, source, about]);
        if (rows.length > 0) {
          const columns = ['setting', 'value', 'from', 'what it is'].map((title) => ({ title }));
          for (const line of table(columns, rows)) terminal.line(terminal.fit(line));
          terminal.line();
        }
        for (const { name, ok, detail, fix } of report.checks) {
          terminal.line(
            `${ok ? terminal.style('green', '✓') : terminal.style('red', '✗')} ${name}: ${detail}`,
          );
          if (!ok && fix) terminal.line(`    ${fix}`);
        }
        terminal.line();
        terminal.line(
          broken.length > 0
            ? `${broken.length} of ${report.checks.length} checks failed`
            : 'everything works',
        );
      }
      exit(broken.length > 0 ? EXIT.failed : EXIT.ok);
    });
}
