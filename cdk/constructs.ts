/** What an app of one's own uses: the whole house, and programs that stand in its template. */

export { StageConfig, type StageInput, stageConfig } from './config.ts';
export { Dspex } from './dspex.ts';
export { Program, type ProgramProps } from './program.ts';
