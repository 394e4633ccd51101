import { describe, expect, it } from 'vitest';
import { without } from '#lib/local/python/overlay';

const HASH = `--hash=sha256:${'0'.repeat(64)}`;

describe('what a lock needs beside another', () => {
  it('is every requirement of a package the other does not name, whatever the spelling', () => {
    const base = `dspy==3.4.1 ${HASH}\nPyYAML==6.0.3 \\\n    ${HASH}\n`;
    const lock = `# made by hand\nDSPy==2.0 ${HASH}\nSnowball_Stemmer==3.1.1 \\\n    ${HASH} \\\n    ${HASH}\n    # via nobody\npyyaml==5.0 ${HASH}\n`;
    expect(without(lock, base).replace(/ +/g, ' ')).toBe(`Snowball_Stemmer==3.1.1 ${HASH} ${HASH}\n`);
  });

  it('has each package once, but for those that are another one on another Python', () => {
    const lock = [
      `numpy==2.4 ; python_version < '3.12' ${HASH}`,
      `numpy==2.5 ; python_version >= '3.12' ${HASH}`,
      `mako==1 ${HASH}`,
      `Mako==2 ${HASH}`,
    ];
    expect(without(lock.join('\n'), '').split('\n').filter(Boolean)).toEqual(lock.slice(0, 3));
  });

  it('is nothing when the other has it all', () => {
    expect(without(`a==1 ${HASH}\r\n\r\n`, `A==2\n`)).toBe('');
  });
});
