import * as fc from 'fast-check';

// The gate answers the same twice; everywhere else each run looks at cases that no run has seen.
if (process.env.CI) fc.configureGlobal({ seed: 20261123 });
