#!/usr/bin/env node
// The door of the command line: `node functions/node24.mjs ARGS` is `dspex ARGS`.
import './require-node.mjs';
import module from 'node:module';

// Compiled code, and types already stripped from sources, are kept in the system's temporary folder: the next start takes
// a third of the time. Where that folder cannot be written, nothing is lost but that.
module.enableCompileCache?.();

// Sources in the repository, their compiled form in the published package. Imported dynamically, after the check above.
const entry = import.meta.url.includes('/dist/') ? './cli.js' : './cli.ts';
const { main } = await import(entry);
await main(process.argv.slice(2));
