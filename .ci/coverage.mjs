// docs/coverage.md says of every system of the vision where it lives, which test proves it and which command shows it.
// A row whose file, folder or test is not there is an error, and so is a row without a test that does not say "not yet".
import { existsSync, readFileSync } from 'node:fs';

export function checkCoverage(path) {
  const problems = [];
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| System') && !line.startsWith('| ---'));
  if (rows.length < 20) problems.push(`${path}: only ${rows.length} rows; is it still the table?`);
  for (const row of rows) {
    const [system = '', home = '', test = '', command = ''] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (home.startsWith('not yet')) continue;
    for (const [what, cell] of [
      ['where it lives', home],
      ['test', test],
    ]) {
      const links = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
      if (links.length === 0) problems.push(`${path}: "${system}" names no ${what}`);
      for (const link of links) if (!existsSync(link)) problems.push(`${path}: "${system}": ${link} is not there`);
      if (what === 'test' && !links.some((link) => /\.test\.ts$/.test(link)))
        problems.push(`${path}: "${system}" names no *.test.ts`);
    }
    if (command === '') problems.push(`${path}: "${system}" names no command`);
  }
  return problems;
}
